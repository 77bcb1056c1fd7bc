"""The Python part of a candidate's run: prepares the zygote, executes the code step by step, exports the shape.

Compiled into the worker, whose environment it imports. The zygote calls `warm` and `settle` once; everything else runs in
the child of one candidate. It judges nothing: it describes exceptions, and the reader (`reader.py`) measures the shape;
failure kinds and scores are determined elsewhere.
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

# Appended to the error of a refused system call.
ALLOWED = "the sandbox has no network, programs, threads or signals, and only files that the code makes"

ALLOWED_WITH_PROJECT = f"{ALLOWED} and those of the project folder, to read"

# Longer tracebacks, as of a deep recursion, repeat themselves.
MAX_FRAMES = 24


class NotExportable(Exception):
    """The code ran, but left nothing that can be exported."""


def warm(stl: str, brep: str, fonts: list[str]) -> dict[str, str]:
    """Uses the common operations of the kernel once, exports to `stl` and `brep`, and returns the versions.

    Everything that the first box, fillet, boolean and export load is then loaded in all children. `fonts` are the files of
    the regular and the bold style.
    """
    # A fork does not copy the threads of the kernel's pool: a parallel boolean would wait for them for ever. With one thread
    # the pool has no workers, and CadQuery's `SetRunParallel` runs serially.
    OSD_ThreadPool.DefaultPool_s(1)
    BOPAlgo_Options.SetParallelMode_s(False)
    BRepMesh_IncrementalMesh.SetParallelDefault_s(False)
    # A file that exceeds its limit makes the write fail and does not end the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    viewers.install()
    operations.install(FILENAME)
    _redirect_exports()
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
    """Folders that a candidate may read: the environment, the standard library, and what `sys.path` adds."""
    prefixes = [sys.prefix, os.path.join(sys.base_prefix, "lib"), os.path.join(sys.base_exec_prefix, "lib")]
    named = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return sorted({os.path.realpath(path) for path in [*prefixes, *sys.path, *named] if path and os.path.isdir(path)})


def settle() -> None:
    """Prepares for the first fork: fixed clock, random numbers and environment, and no garbage left to collect."""
    _fix_clock()
    _fix_random()
    locale = {name: os.environ[name] for name in ("LC_ALL", "TZ") if name in os.environ}
    os.environ.clear()
    os.environ.update(locale, PATH="/usr/bin:/bin", HOME="/nonexistent")
    sys.argv = [FILENAME]
    gc.collect()
    gc.freeze()


def prepare(stack_dump: int, source: int, has_project: bool = False) -> None:
    """Resets the state of the process, so that all children are equal whatever the zygote did before."""
    global _source
    faulthandler.enable(file=stack_dump, all_threads=False)
    faulthandler.register(signal.SIGUSR1, file=stack_dump, all_threads=False, chain=False)
    # New streams: those of the zygote cache properties of other files. Line-buffered, so that a killed candidate's output is
    # not lost.
    sys.stdout = sys.__stdout__ = _stream(1)
    sys.stderr = sys.__stderr__ = _stream(2)
    os.environ["TMPDIR"] = tempfile.tempdir = os.getcwd()
    if has_project:
        # Python searches a script's own folder first.
        sys.path.insert(0, os.getcwd())
        importlib.invalidate_caches()
        messages.has_project = True
    # A fork reseeds `random` from the system.
    random.seed(0)
    numpy.random.seed(0)
    main = types.ModuleType("__main__")
    main.__file__ = FILENAME
    main.__dict__.update(_BOUND, **viewers.builtins_of_scripts())
    sys.modules["__main__"] = main
    _names.append(main.__dict__)
    # Read only for tracebacks: a resumed run has other code from its first step on.
    _source = source
    linecache.cache[FILENAME] = (_read_source,)


def step(code: bytes) -> bool:
    """Executes one step of the candidate; returns whether another one follows."""
    try:
        exec(marshal.loads(code), _names[0])
    except SystemExit as ended:
        # A script may exit at its end, as with `sys.exit(main())`.
        if ended.code is None or (isinstance(ended.code, int) and ended.code == 0):
            return False
        raise
    return True


class Chosen:
    """The exported shape, and the objects to display.

    `shape` is scored, unless `refusal` holds the reason why it is not. `objects` holds `(shape, name, color, opacity, is_scored)`
    of each object that the script showed. `unscored` is a name of `NAMES` that is bound to a shape and would be scored if nothing
    had been shown.
    """

    def __init__(self, shape, objects, unscored, refusal=None):
        self.shape = shape
        self.objects = objects
        self.unscored = unscored
        self.refusal = refusal


def choose(displays: bool = False) -> Chosen:
    """Chooses the shape to score: the last one given to show_object, else the first of `NAMES` that is bound to a shape,
    else the last one given to a viewer's `show`.

    Without one, if the run is for display, the shape last written to a file is chosen; it is displayed and not scored.
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
        contents = advice.counts_by_type(value.objects if isinstance(value, cq.Workplane) else shape)
        raise NoTriangles(f"{label} has no faces, it holds {contents}: outlines must be extruded, revolved or lofted first")
    is_unscored = bool(objects) and bound is not None and scored.value is not names[bound]
    return Chosen(shape, _displayed(seen, scored, names), bound if is_unscored else None)


def _displayed(seen, scored, names) -> list:
    found = []
    for shown in seen:
        name = shown.name or next((name for name, value in names.items() if value is shown.value and name[0] != "_"), None)
        try:
            parts = _parts_to_see(shown.value, name, shown.color, shown.opacity)
        except Exception:
            # A viewer could not show it either.
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
    """The shape that was last given to an exporter, if it can be displayed."""
    try:
        return exportable(_exported[-1][1]) if _exported else None
    except Exception:
        # The error to report is the same with and without display: nothing is scored.
        return None


def _nothing_to_export(names) -> str:
    looked_for = ", ".join(NAMES)
    remedy = f"bind one of {looked_for}, or call show_object"
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
        return f"the code ran but left no shape to export: {', '.join(seen)}; {remedy}"
    unbound = [name for name, value in names.items() if name[0] != "_" and name not in _BOUND and isinstance(value, cq.Workplane | cq.Shape | cq.Assembly)]
    if unbound:
        return f"the code ran but left nothing to export: `{unbound[-1]}` is a {type(names[unbound[-1]]).__name__}, bind it: `fixture = {unbound[-1]}` ({remedy})"
    hint = advice.of_nothing_bound(_read_source(), names)
    return f"the code ran but left nothing to export: {hint}; {remedy}" if hint else f"the code ran but left nothing to export: {remedy}"


def is_exportable(value) -> bool:
    """Whether a value is of a type that has a shape."""
    if isinstance(value, list | tuple):
        return len(value) > 0 and all(is_exportable(part) for part in value)
    if isinstance(value, type):
        return False
    return isinstance(value, cq.Workplane | cq.Shape | cq.Assembly | cq.Sketch | TopoDS_Shape) or _wrapped(value) is not None


def _wrapped(value):
    """The kernel's shape inside an object of another library that has CadQuery's attribute `wrapped`."""
    inside = getattr(value, "wrapped", None) if not isinstance(value, cq.Vector | cq.Plane | cq.Location) else None
    return inside if isinstance(inside, TopoDS_Shape) else None


def exportable(value, name="the object"):
    """`value` as one shape, composed as `cadquery.exporters.export` composes it."""
    if isinstance(value, cq.Assembly):
        return value.toCompound()
    if isinstance(value, cq.Shape):
        return _with_kernel_type(value)
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
    return cq.occ_impl.shapes.compound(*(_with_kernel_type(part) for part in parts))


def _with_kernel_type(shape):
    """The shape under its type in the kernel: `shell` says Compound of a Solid."""
    return shape if shape.wrapped is None or shape.wrapped.IsNull() else cq.Shape.cast(shape.wrapped)


def _iterated(value):
    """The elements of `value`, each shape under its own type: a Workplane decomposes compounds, and a Solid that is called a
    Compound would be decomposed into its shells.
    """
    if not isinstance(value, cq.Workplane):
        yield from value
        return
    for part in value.objects:
        own = _with_kernel_type(part) if isinstance(part, cq.Shape) else part
        yield from value.newObject([own])


def write_brep(shapes, path: str) -> None:
    """Exports boundary representations without triangles, which the reader could not verify.

    One shape is written as it is; several are written as a compound, in order.
    """
    if shapes[0].wrapped is None or shapes[0].wrapped.IsNull():
        raise NoTriangles("the object is empty")
    whole = shapes[0] if len(shapes) == 1 else cq.occ_impl.shapes.compound(*shapes)
    BinTools.Write_s(
        whole.wrapped, path, False, False, BinTools_FormatVersion.BinTools_FormatVersion_VERSION_4, Message_ProgressRange()
    )


def hardest_face(shape) -> str:
    """Describes the face whose mesh takes longest."""
    return mesher.Effort(shape.wrapped).hardest


def write_stl(shape, path: str, max_triangles: int) -> list[int]:
    """Writes the STL that CadQuery would write; returns the number of triangles of each face, in order."""
    mesher.mesh_as_exported(shape.wrapped)
    return mesher.write(shape.wrapped, path, max_triangles)


def describe(error: BaseException, frames_of) -> dict:
    """Class names, message, line and traceback of an exception, as far as they concern the candidate's code."""
    own = type(error).__module__ in (__name__, "cadforge_mesher", "cadforge_reader")
    refused = _is_refused(error)
    lineage = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except BaseException:
        text = "(its text cannot be produced)"
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
            # The script may have broken objects that the explanation uses: the exception's own text is reported.
            pass
    heading = messages.without_machine_details(heading)
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
    """Flushes output of the candidate that Python still buffers."""
    sys.stdout.flush()
    sys.stderr.flush()


def _is_refused(error: BaseException) -> bool:
    """Whether the sandbox refused something: EPERM and thread errors have no other cause here."""
    if isinstance(error, OSError):
        return error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS)
    return isinstance(error, RuntimeError) and "can't start new thread" in str(error)


def _allowed(error: BaseException) -> str:
    path = getattr(error, "filename", None)
    if isinstance(path, str) and _leads_to_project(path):
        return "files of the project folder can be read, except links that lead out of it, and cannot be written"
    return ALLOWED_WITH_PROJECT if messages.has_project else ALLOWED


def _leads_to_project(path: str) -> bool:
    """Whether a path goes through one of the links to the project that are placed in the working folder."""
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
    """Starts time at the same moment for every candidate; each query advances it."""
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


def _fix_random() -> None:
    """Replaces the system's random numbers by one fixed sequence."""
    sequence = random.Random(0)
    os.urandom = random._urandom = sequence.randbytes
    # Assemblies and their parts get names from these.
    uuid._generate_time_safe = None
    uuid._node = 0x020000000000


def _redirect_exports() -> None:
    """Redirects CadQuery's exporters into the script's own folder, whatever path they are given.

    Scripts export their part at the end. That a folder does not exist here, or that the path leads elsewhere, is no failure of
    the part.
    """
    export = cq.exporters.export

    def redirected(w, fname, *more, **named):
        line = next((frame.f_lineno for frame in _frames() if frame.f_code.co_filename == FILENAME), 0)
        _exported.append((line, w))
        with _report_unwritten(fname):
            return export(w, _local_path(fname), *more, **named)

    cq.exporters.export = functools.wraps(export)(redirected)
    dxf = cq.exporters.exportDXF

    @functools.wraps(dxf)
    def redirected_dxf(w, fname, *more, **named):
        with _report_unwritten(fname):
            return dxf(w, _local_path(fname), *more, **named)

    cq.exporters.exportDXF = redirected_dxf

    def redirecting(method):
        @functools.wraps(method)
        def redirected(self, path, *more, **named):
            if not any(frame.f_code.co_name == "redirected" for frame in _frames(3)):
                line = next((frame.f_lineno for frame in _frames() if frame.f_code.co_filename == FILENAME), 0)
                _exported.append((line, self))
            with _report_unwritten(path):
                return method(self, _local_path(path), *more, **named)

        return redirected

    for of, names in (
        (cq.Shape, ("exportStl", "exportStep", "exportBrep", "exportBin")),
        (cq.Assembly, ("save", "export")),
        (cq.Workplane, ("export", "exportSvg")),
    ):
        for name in names:
            if hasattr(of, name):
                setattr(of, name, redirecting(getattr(of, name)))


@contextlib.contextmanager
def _report_unwritten(path):
    """Reports an export that needs an absent package, instead of ending the script."""
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


def _local_path(path):
    """A path inside the working folder; creates its folders."""
    if not isinstance(path, str | os.PathLike):
        return path
    inside = os.path.normpath(os.fspath(path)).lstrip("/")
    while inside.startswith("../"):
        inside = inside[3:]
    if os.path.isabs(os.fspath(path)):
        own = os.path.relpath(os.fspath(path), os.getcwd())
        inside = os.path.basename(inside) if own.startswith("..") else own
    # Project files are read-only: an export with the name of one goes to a file beside it, which later reads use.
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


# Names that the published environment's runner binds, and those of a viewer's console.
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
