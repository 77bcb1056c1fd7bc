"""The part of a candidate's run that is Python: warming the zygote, running the code step by step, exporting.

Compiled into the worker, whose environment it imports. The zygote calls `warm` and `settle` once; everything else runs in
the child that runs one candidate and dies. Nothing here judges: an exception is described, classes and scores are
given elsewhere, and facts about a shape are read by another child (`reader.py`).
"""

import contextlib
import datetime
import errno
import faulthandler
import functools
import gc
import importlib
import linecache
import marshal
import math
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import types
import uuid
from importlib.metadata import PackageNotFoundError, version

import cadquery as cq
import numpy.random
from OCP.BinTools import BinTools, BinTools_FormatVersion
from OCP.BOPAlgo import BOPAlgo_Options
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.Message import Message_ProgressRange
from OCP.OSD import OSD_ThreadPool
from OCP.TopoDS import TopoDS_Shape

import cadforge_advice as advice
import cadforge_fonts as bundled_fonts
import cadforge_mesher as mesher
import cadforge_messages as messages
import cadforge_operations as operations
import cadforge_viewers as viewers
from cadforge_mesher import NoTriangles

FILENAME = "candidate.py"
NAMES = ("fixture", "result", "model", "solid", "body", "part")

# What a refused candidate is told.
ALLOWED = "the sandbox has no network, programs, threads or signals, and no files but those that the code makes"

ALLOWED_WITH_PROJECT = f"{ALLOWED} and those of the project folder, to read"

# A traceback is for reading: a deep recursion repeats itself.
MAX_FRAMES = 24


class NotExportable(Exception):
    """The code ran, but left nothing to export."""


def warm(stl: str, brep: str, fonts: list[str]) -> dict[str, str]:
    """Walks the common paths of the kernel once, exports to `stl` and `brep`, and returns the versions. `fonts`
    are the files of the regular and the bold style.

    The first box, fillet, boolean and export load and initialise what every later child would have to.
    """
    # The kernel's thread pool, whose threads no fork would take along: a parallel boolean would wait for
    # them for ever. With one thread the pool has no workers, so CadQuery's `SetRunParallel` runs serially.
    OSD_ThreadPool.DefaultPool_s(1)
    BOPAlgo_Options.SetParallelMode_s(False)
    BRepMesh_IncrementalMesh.SetParallelDefault_s(False)
    # A file that grows past its limit is an error of the write, not the end of the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    viewers.install()
    operations.install(FILENAME)
    _let_exports_stay_here()
    bundled_fonts.install(*fonts)
    block = cq.Workplane("XY").box(10, 10, 10).edges("|Z").fillet(1)
    drill = cq.Workplane("XY").circle(2).extrude(20, both=True)
    part = block.cut(drill).union(cq.Workplane("XY").sphere(3)).faces(">Z").chamfer(0.2).clean()
    shape = exportable(part)
    write_brep([shape], brep)
    mesher.mesh_bounded(shape.wrapped, mesher.Effort(shape.wrapped))
    write_stl(shape, stl, 1 << 20)
    try:
        exec(compile("raise ValueError('warm')", FILENAME, "exec"), {})
    except ValueError as error:
        describe(error, error.__traceback__)
    operations.forget()
    return {
        "cadquery": cq.__version__,
        "ocp": _installed("cadquery-ocp-novtk", "cadquery-ocp"),
        "python": ".".join(str(part) for part in sys.version_info[:3]),
    }


def libraries() -> list[str]:
    """What a candidate may read: the environment, the interpreter's own library, and what the path adds."""
    prefixes = [sys.prefix, os.path.join(sys.base_prefix, "lib"), os.path.join(sys.base_exec_prefix, "lib")]
    named = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return sorted({os.path.realpath(path) for path in [*prefixes, *sys.path, *named] if path and os.path.isdir(path)})


def settle() -> None:
    """Makes ready for the first fork: fixed clock, chance and environment, and nothing left to collect."""
    _fix_clock()
    _fix_chance()
    kept = {name: os.environ[name] for name in ("LC_ALL", "TZ") if name in os.environ}
    os.environ.clear()
    os.environ.update(kept, PATH="/usr/bin:/bin", HOME="/nonexistent")
    sys.argv = [FILENAME]
    gc.collect()
    gc.freeze()


def prepare(last_words: int, source: int, has_project: bool = False) -> None:
    """Makes the child equal to every other child, whatever the zygote did before it."""
    global _source
    faulthandler.enable(file=last_words, all_threads=False)
    faulthandler.register(signal.SIGUSR1, file=last_words, all_threads=False, chain=False)
    # Made anew, because those of the zygote believe in other files. Line by line, so that a killed
    # candidate's prints are not lost with it.
    sys.stdout = sys.__stdout__ = _stream(1)
    sys.stderr = sys.__stderr__ = _stream(2)
    os.environ["TMPDIR"] = tempfile.tempdir = os.getcwd()
    if has_project:
        # A script's own folder comes first, as Python has it.
        sys.path.insert(0, os.getcwd())
        importlib.invalidate_caches()
        messages.has_project = True
    # Forking reseeds `random` from the system.
    random.seed(0)
    numpy.random.seed(0)
    main = types.ModuleType("__main__")
    main.__file__ = FILENAME
    main.__dict__.update(_BOUND, **viewers.builtins_of_scripts())
    sys.modules["__main__"] = main
    _names.append(main.__dict__)
    # Read when a traceback needs it: a child that takes over from a pause has other code from there on.
    _source = source
    linecache.cache[FILENAME] = (_read_source,)


def step(code: bytes) -> bool:
    """Runs one step of the candidate; whether there is to be another one."""
    try:
        exec(marshal.loads(code), _names[0])
    except SystemExit as ended:
        # A script may end itself once it is done, as with `sys.exit(main())`.
        if ended.code is None or (isinstance(ended.code, int) and ended.code == 0):
            return False
        raise
    return True


class Chosen:
    """What is exported of a run, and what else there is to see.

    `shape` is scored, unless `refusal` says why it is not. `objects` holds `(shape, name, color, opacity, is_scored)` of
    each object that the script showed, and `unscored` a name of `NAMES` that is bound to a shape and would be scored, had
    nothing been shown.
    """

    def __init__(self, shape, objects, unscored, refusal=None):
        self.shape = shape
        self.objects = objects
        self.unscored = unscored
        self.refusal = refusal


def choose(displays: bool = False) -> Chosen:
    """The shape that is scored: the last one given to show_object, else the first of `NAMES` that is bound to a shape,
    else the last one given to a viewer's `show`.

    Where there is none and somebody looks, what was last written to a file is chosen to be displayed and not scored.
    """
    names = _names[0]
    bound = next((name for name in NAMES if is_exportable(names.get(name))), None)
    seen = viewers.shown()
    objects = [shown for shown in seen if shown.how == viewers.OBJECT]
    fallback = [shown for shown in seen if shown.how == viewers.SHOWN and is_exportable(shown.value)]
    if objects:
        scored = objects[-1]
        value, label = scored.value, "the object given to show_object"
    elif bound is not None:
        scored = next((shown for shown in reversed(seen) if shown.value is names[bound]), None)
        value, label = names[bound], f"`{bound}`"
        if scored is None and (seen or isinstance(names[bound], cq.Assembly)):
            scored = viewers.Shown(names[bound], viewers.OBJECT, bound)
            seen = [*seen, scored]
    elif fallback:
        scored = fallback[-1]
        value, label = scored.value, "the object given to show"
    elif displays and (exported := _last_exported()) is not None:
        return Chosen(exported, [], None, _nothing_to_export(names))
    else:
        raise NotExportable(_nothing_to_export(names))
    shape = exportable(value, label)
    if shape.wrapped is not None and not shape.wrapped.IsNull() and not shape.Faces():
        held = advice.held(value.objects if isinstance(value, cq.Workplane) else shape)
        raise NoTriangles(f"{label} has no faces, it holds {held}: outlines must be extruded, revolved or lofted first")
    is_unscored = bool(objects) and bound is not None and scored.value is not names[bound]
    return Chosen(shape, _displayed(seen, scored, names), bound if is_unscored else None)


def _displayed(seen, scored, names) -> list:
    found = []
    for shown in seen:
        name = shown.name or next((name for name, value in names.items() if value is shown.value and name[0] != "_"), None)
        try:
            parts = _parts_to_see(shown.value, name, shown.color, shown.opacity)
        except Exception:
            # What a viewer could not show either.
            continue
        found += [(shape, name, color, opacity, shown is scored) for shape, name, color, opacity in parts]
    return found[: viewers.MAX_OBJECTS]


def _parts_to_see(value, name, color, opacity):
    if not isinstance(value, cq.Assembly):
        return [(exportable(value), name, color, opacity)]
    parts = []
    for shape, part_name, location, part_color in value:
        alpha = viewers.Shown(None, viewers.OBJECT, None, part_color).opacity
        parts.append((shape.moved(location), part_name.rpartition("/")[2], viewers.rgb(part_color) if part_color else color, alpha if part_color else opacity))
    return parts


def _last_exported():
    """The shape that was last given to an exporter, if it is one to look at."""
    try:
        return exportable(_exported[-1][1]) if _exported else None
    except Exception:
        # What is wrong with the code is that it has nothing to score, for whoever looks as for everyone else.
        return None


def _nothing_to_export(names) -> str:
    looked_for = ", ".join(NAMES)
    way_out = f"bind one of {looked_for}, or call show_object"
    if _exported:
        line, value = _exported[-1]
        name = next((name for name, bound in names.items() if bound is value and name[0] != "_"), None)
        what = f"`{name}`" if name else f"a {type(value).__name__}"
        return (
            f"the code ran but left nothing to score: {what} was only written to a file, on line {line}; "
            f"bind it: `fixture = {name or '…'}`"
        )
    seen = [f"`{name}` is of type {type(names[name]).__name__}" for name in NAMES if names.get(name) is not None]
    if seen:
        return f"the code ran but left no shape to export: {', '.join(seen)}; {way_out}"
    unbound = [name for name, value in names.items() if name[0] != "_" and name not in _BOUND and isinstance(value, cq.Workplane | cq.Shape | cq.Assembly)]
    if unbound:
        return f"the code ran but left nothing to export: `{unbound[-1]}` is a {type(names[unbound[-1]]).__name__}, bind it: `fixture = {unbound[-1]}` ({way_out})"
    hint = advice.of_nothing_bound(_read_source(), names)
    return f"the code ran but left nothing to export: {hint}; {way_out}" if hint else f"the code ran but left nothing to export: {way_out}"


def is_exportable(value) -> bool:
    """Whether a value is of a kind that has a shape."""
    if isinstance(value, list | tuple):
        return len(value) > 0 and all(is_exportable(part) for part in value)
    if isinstance(value, type):
        return False
    return isinstance(value, cq.Workplane | cq.Shape | cq.Assembly | cq.Sketch | TopoDS_Shape) or _wrapped(value) is not None


def _wrapped(value):
    """The kernel's shape inside an object of another library that wraps it as CadQuery does."""
    inside = getattr(value, "wrapped", None) if not isinstance(value, cq.Vector | cq.Plane | cq.Location) else None
    return inside if isinstance(inside, TopoDS_Shape) else None


def exportable(value, name="the object"):
    """`value` as one shape, composed as `cadquery.exporters.export` composes it."""
    if isinstance(value, cq.Assembly):
        return value.toCompound()
    if isinstance(value, cq.Shape):
        return _as_it_is(value)
    if isinstance(value, TopoDS_Shape):
        return cq.Shape.cast(value)
    if isinstance(value, list | tuple):
        return cq.occ_impl.shapes.compound(*(exportable(part, f"an element of {name}") for part in value))
    if (inside := _wrapped(value)) is not None:
        return cq.Shape.cast(inside)
    try:
        parts = list(_iterated(value))
    except TypeError:
        parts = None
    if parts is None or not all(isinstance(part, cq.Shape) for part in parts):
        kind = type(value).__name__
        raise NotExportable(f"{name} is of type {kind}: only a Workplane, Shape, Sketch or Assembly can be exported")
    return cq.occ_impl.shapes.compound(*(_as_it_is(part) for part in parts))


def _as_it_is(shape):
    """The shape under the type that the kernel gives it: `shell` says Compound of a Solid."""
    return shape if shape.wrapped is None or shape.wrapped.IsNull() else cq.Shape.cast(shape.wrapped)


def _iterated(value):
    """What `value` iterates over, with each shape under its own type: a Workplane takes compounds apart, and of a Solid
    that is called a Compound it would take the shells.
    """
    if not isinstance(value, cq.Workplane):
        yield from value
        return
    for part in value.objects:
        own = _as_it_is(part) if isinstance(part, cq.Shape) else part
        yield from value.newObject([own])


def write_brep(shapes, path: str) -> None:
    """Hands boundary representations over, without triangles: those a reader would have to believe.

    One shape as it is; several as a compound that holds them in order.
    """
    if shapes[0].wrapped is None or shapes[0].wrapped.IsNull():
        raise NoTriangles("the object is empty")
    whole = shapes[0] if len(shapes) == 1 else cq.occ_impl.shapes.compound(*shapes)
    BinTools.Write_s(
        whole.wrapped, path, False, False, BinTools_FormatVersion.BinTools_FormatVersion_VERSION_4, Message_ProgressRange()
    )


def hardest_face(shape) -> str:
    """The face whose mesh takes longest, in words."""
    return mesher.Effort(shape.wrapped).hardest


def write_stl(shape, path: str, max_triangles: int) -> list[int]:
    """Writes the STL that CadQuery would write; returns the triangles of each face, in its order."""
    mesher.mesh_as_exported(shape.wrapped)
    return mesher.write(shape.wrapped, path, max_triangles)


def describe(error: BaseException, frames_of) -> dict:
    """Names, message, line and traceback of an exception, as far as they concern the candidate's code."""
    own = type(error).__module__ in (__name__, "cadforge_mesher", "cadforge_reader")
    refused = _is_refused(error)
    lineage = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except BaseException:
        text = "(its text could not be made)"
    line = None
    frames = []
    for frame, number in traceback.walk_tb(frames_of):
        if frame.f_code.co_filename == FILENAME:
            line = number
            frames.append((FILENAME, number, frame.f_code.co_name))
    skipped = len(frames) - MAX_FRAMES
    if skipped > 0:
        frames = frames[: MAX_FRAMES // 2] + frames[-MAX_FRAMES // 2 :]
    shown = []
    for number, (filename, at, function) in enumerate(frames):
        if skipped > 0 and number == MAX_FRAMES // 2:
            shown.append(f"  [{skipped} frames left out]\n")
        shown.append(f'  File "{filename}", line {at}, in {function}\n')
        if source := linecache.getline(FILENAME, at).strip():
            shown.append(f"    {source[:200]}\n")
    if isinstance(error, SyntaxError) and error.filename == FILENAME and error.lineno:
        line = error.lineno
        shown.append(f'  File "{FILENAME}", line {line}\n')
        if source := linecache.getline(FILENAME, line).rstrip():
            shown.append(f"    {source.strip()[:200]}\n")
    name = type(error).__name__
    message = " ".join(text.split())
    heading = f"{name}: {message}" if message else name
    if not own and not isinstance(error, SyntaxError):
        try:
            heading = messages.of(error, frames_of, FILENAME) or heading
        except Exception:
            # The script may have broken what an explanation looks at: its own text stays.
            pass
    heading = messages.without_machine(heading)
    if refused:
        heading = f"{heading[:1500]} ({_allowed(error)})"
    body = "" if own or not shown else "".join(["Traceback (most recent call last):\n", *shown, heading[:2000], "\n"])
    return {
        "lineage": lineage,
        "own": name if own else NoTriangles.__name__ if messages.leaves_nothing(error) else None,
        "refused": refused,
        "message": (message if own else heading)[:2000],
        "line": line,
        "traceback": body,
    }


def flush() -> None:
    """Hands over what the candidate printed and Python still holds."""
    sys.stdout.flush()
    sys.stderr.flush()


def _is_refused(error: BaseException) -> bool:
    """Whether the sandbox said no: nothing else that a candidate can reach does."""
    if isinstance(error, OSError):
        return error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS)
    return isinstance(error, RuntimeError) and "can't start new thread" in str(error)


def _allowed(error: BaseException) -> str:
    path = getattr(error, "filename", None)
    if isinstance(path, str) and _leads_to_project(path):
        return "a file of the project folder can be read, unless it is a link that leads out of the folder, and cannot be written"
    return ALLOWED_WITH_PROJECT if messages.has_project else ALLOWED


def _leads_to_project(path: str) -> bool:
    """Whether a path goes through one of the links to the project that the working folder begins with."""
    own = os.path.relpath(path or ".", os.getcwd())
    while own not in ("", "."):
        if os.path.islink(own):
            return True
        own = os.path.dirname(own)
    return False


def _read_source() -> str:
    length = os.fstat(_source).st_size
    return os.pread(_source, length, 0).decode("utf-8", "replace")


def _fix_clock() -> None:
    """Time begins at the same moment for every candidate, and passes by being looked at."""
    moment = [1_767_225_600_000_000_000]  # 2026-01-01, in ns

    def ns() -> int:
        moment[0] += 1_000
        return moment[0]

    def seconds() -> float:
        return ns() / 1e9

    pause = time.sleep

    def sleep(seconds):
        pause(seconds)
        moment[0] += int(seconds * 1e9)

    def broken_down(convert):
        return lambda at=None: convert(seconds() if at is None else at)

    def formatted(form, at=None, *, _format=time.strftime):
        return _format(form, time.localtime() if at is None else at)

    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, seconds)
        setattr(time, f"{name}_ns", ns)
    time.sleep = sleep
    time.localtime, time.gmtime = broken_down(time.localtime), broken_down(time.gmtime)
    time.ctime = broken_down(time.ctime)
    time.strftime = formatted

    class FixedDate(datetime.date):
        @classmethod
        def today(cls):
            return cls.fromtimestamp(seconds())

    class FixedDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(seconds(), tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(seconds(), datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls):
            return cls.now()

    for fixed, name in ((FixedDate, "date"), (FixedDatetime, "datetime")):
        fixed.__name__ = fixed.__qualname__ = name
        fixed.__module__ = "datetime"
        setattr(datetime, name, fixed)


def _fix_chance() -> None:
    """What would come from the system's randomness comes from one fixed sequence."""
    sequence = random.Random(0)
    os.urandom = random._urandom = sequence.randbytes
    # Assemblies and their parts are named by these.
    uuid._generate_time_safe = None
    uuid._node = 0x020000000000


def _let_exports_stay_here() -> None:
    """Has CadQuery's exporters write into the script's own folder, whatever path they are given.

    A script exports once its part is built. That a folder does not exist here, or that the path leads elsewhere, is no
    fault of the part.
    """
    export = cq.exporters.export

    def stay(w, fname, *more, **named):
        line = next((frame.f_lineno for frame in _frames() if frame.f_code.co_filename == FILENAME), 0)
        _exported.append((line, w))
        with _unwritten(fname):
            return export(w, _own_path(fname), *more, **named)

    cq.exporters.export = functools.wraps(export)(stay)
    dxf = cq.exporters.exportDXF

    @functools.wraps(dxf)
    def stay_dxf(w, fname, *more, **named):
        with _unwritten(fname):
            return dxf(w, _own_path(fname), *more, **named)

    cq.exporters.exportDXF = stay_dxf

    def kept_here(method):
        @functools.wraps(method)
        def stay(self, path, *more, **named):
            if not any(frame.f_code.co_name == "stay" for frame in _frames(3)):
                line = next((frame.f_lineno for frame in _frames() if frame.f_code.co_filename == FILENAME), 0)
                _exported.append((line, self))
            with _unwritten(path):
                return method(self, _own_path(path), *more, **named)

        return stay

    for of, names in (
        (cq.Shape, ("exportStl", "exportStep", "exportBrep", "exportBin")),
        (cq.Assembly, ("save", "export")),
        (cq.Workplane, ("export", "exportSvg")),
    ):
        for name in names:
            if hasattr(of, name):
                setattr(of, name, kept_here(getattr(of, name)))


@contextlib.contextmanager
def _unwritten(path):
    """Has an export that needs a package which the environment leaves out say so, instead of ending the script."""
    try:
        yield
    except ModuleNotFoundError as error:
        if not messages.is_absent(error):
            raise
        print(f"{path} was not written: {error}", file=sys.stderr)


def _frames(depth: int = 1):
    frame = sys._getframe(depth)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _own_path(path):
    """A path inside the working folder, whose folders exist."""
    if not isinstance(path, str | os.PathLike):
        return path
    inside = os.path.normpath(os.fspath(path)).lstrip("/")
    while inside.startswith("../"):
        inside = inside[3:]
    if os.path.isabs(os.fspath(path)):
        own = os.path.relpath(os.fspath(path), os.getcwd())
        inside = os.path.basename(inside) if own.startswith("..") else own
    # Files of the project are only read: an export with the name of one is written beside it, and read from then on.
    if _leads_to_project(os.path.dirname(inside)):
        inside = os.path.basename(inside)
    if os.path.islink(inside):
        os.unlink(inside)
    folder = os.path.dirname(inside)
    if folder:
        os.makedirs(folder, exist_ok=True)
    return inside if isinstance(path, str) else type(path)(inside)


def _stream(descriptor: int):
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _installed(*names: str) -> str:
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "unknown"


# What the published environment's runner binds, beside what a viewer's console binds.
_BOUND = {
    "cq": cq,
    "cadquery": cq,
    "math": math,
    "exporters": cq.exporters,
    "Assembly": cq.Assembly,
    "Color": cq.Color,
}

# Line and object of each call of an exporter.
_exported: list = []
_names: list = []
_source = -1
