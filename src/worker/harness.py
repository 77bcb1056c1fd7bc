"""The Python part of a candidate's run: prepares the zygote, executes the code step by step, exports the shape.

Compiled into the worker, whose environment it imports. The zygote calls `warm` and `settle` once; everything else runs in
the child of one candidate. It judges nothing: it describes exceptions, and the reader (`reader.py`) measures the shape;
failure kinds and scores are determined elsewhere.
"""

import errno
import faulthandler
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
import traceback
import types
from importlib.metadata import PackageNotFoundError, version

import cadquery as cq
import numpy.random
from OCP.BinTools import BinTools, BinTools_FormatVersion
from OCP.BOPAlgo import BOPAlgo_Options
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.Message import Message_ProgressRange
from OCP.OSD import OSD_ThreadPool

import cadforge_advice as advice
import cadforge_determinism as determinism
import cadforge_exports as exports
import cadforge_fonts as bundled_fonts
import cadforge_mesher as mesher
import cadforge_messages as messages
import cadforge_operations as operations
import cadforge_reuse as reuse
import cadforge_timing as timing
import cadforge_viewers as viewers
from cadforge_mesher import NoTriangles
from cadforge_shapes import NotExportable, exportable, is_exportable

FILENAME = "candidate.py"
NAMES = ("fixture", "result", "model", "solid", "body", "part")

# Appended to the error of a refused system call.
ALLOWED = "the sandbox has no network, programs, threads or signals, and only files that the code makes"

ALLOWED_WITH_PROJECT = f"{ALLOWED} and those of the project folder, to read"

# Longer tracebacks, as of a deep recursion, repeat themselves.
MAX_FRAMES = 24


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
    exports.install(FILENAME)
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
    determinism.fix_clock()
    determinism.fix_random()
    locale = {name: os.environ[name] for name in ("LC_ALL", "TZ") if name in os.environ}
    os.environ.clear()
    os.environ.update(locale, PATH="/usr/bin:/bin", HOME="/nonexistent")
    sys.argv = [FILENAME]
    gc.collect()
    gc.freeze()


def prepare(stack_dump: int, source: int, has_project: bool = False, has_variants: bool = False, is_timed: bool = False) -> None:
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
    _begin_script()
    if has_variants:
        reuse.record()
    if is_timed:
        timing.install()
    # Read only for tracebacks: a resumed run has other code from its first step on.
    _source = source
    linecache.cache[FILENAME] = (_read_source,)


def _begin_script() -> None:
    """A new `__main__`, and random numbers from the start."""
    # A fork reseeds `random` from the system.
    random.seed(0)
    numpy.random.seed(0)
    main = types.ModuleType("__main__")
    main.__file__ = FILENAME
    main.__dict__.update(_BOUND, **viewers.builtins_of_scripts())
    sys.modules["__main__"] = main
    _names[:] = [main.__dict__]


def vary(source: bytes, brep: str, reuses: bool) -> bool:
    """Runs a variant of the script and exports its shape; returns whether it built. What it printed is discarded."""
    reuse.begin_variant(reuses)
    operations.forget()
    viewers.forget()
    exports.exported.clear()
    _begin_script()
    try:
        try:
            exec(compile(source, FILENAME, "exec", dont_inherit=True), _names[0])
        except SystemExit as ended:
            if ended.code is not None and ended.code != 0:
                return False
        write_brep([choose().shape], brep)
    except Exception:
        return False
    return True


def step(code: bytes) -> bool:
    """Executes one step of the candidate; returns whether another one follows."""
    code = marshal.loads(code)
    began = timing.begin()
    try:
        exec(code, _names[0])
    except SystemExit as ended:
        # A script may exit at its end, as with `sys.exit(main())`.
        if ended.code is None or (isinstance(ended.code, int) and ended.code == 0):
            return False
        raise
    finally:
        if began is not None:
            timing.end(f"line {timing.line(code)}", began)
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
        return exportable(exports.exported[-1][1]) if exports.exported else None
    except Exception:
        # The error to report is the same with and without display: nothing is scored.
        return None


def _nothing_to_export(names) -> str:
    looked_for = ", ".join(NAMES)
    remedy = f"bind one of {looked_for}, or call show_object"
    if exports.exported:
        line, value = exports.exported[-1]
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
        return f"the code ran but left nothing to score: `{unbound[-1]}` is a {type(names[unbound[-1]]).__name__}, bind it: `fixture = {unbound[-1]}` ({remedy})"
    hint = advice.of_nothing_bound(_read_source(), names)
    return f"the code ran but left nothing to score: {hint}; {remedy}" if hint else f"the code ran but left nothing to score: {remedy}"


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


def write_preview(shape, path: str, max_triangles: int) -> tuple[list[int], bytes]:
    """Writes a coarse mesh as an STL; returns the number of triangles of each face, and the edges.

    For display only: the candidate's code has run in this process.
    """
    # It imports this module.
    import cadforge_reader as reader

    mesher.mesh_preview(shape.wrapped)
    return mesher.write(shape.wrapped, path, max_triangles), reader.edges(shape.wrapped)


def describe(error: BaseException, frames_of) -> dict:
    """Class names, message, line and traceback of an exception, as far as they concern the candidate's code."""
    own = type(error).__module__ in ("cadforge_shapes", "cadforge_mesher", "cadforge_reader")
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
    if isinstance(path, str) and exports.leads_to_project(path):
        return "files of the project folder can be read, except links that lead out of it, and cannot be written"
    return ALLOWED_WITH_PROJECT if messages.has_project else ALLOWED


def _read_source() -> str:
    length = os.fstat(_source).st_size
    return os.pread(_source, length, 0).decode("utf-8", "replace")


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

_names: list = []
_source = -1
