"""The part of a candidate's run that is Python: warming the zygote, running the code step by step, exporting.

Compiled into the worker, whose environment it imports. The zygote calls `warm` and `settle` once; everything else runs in
the child that runs one candidate and dies. Nothing here judges: an exception is described, classes and scores are
given elsewhere, and facts about a shape are read by another child (`reader.py`).
"""

import os

# A second thread in the zygote would make every fork a gamble, and numpy's BLAS starts one at import.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import datetime
import errno
import faulthandler
import gc
import linecache
import marshal
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
from OCP.BRep import BRep_Tool
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.Message import Message_ProgressRange
from OCP.OSD import OSD_ThreadPool
from OCP.StlAPI import StlAPI_Writer
from OCP.TopAbs import TopAbs_FACE
from OCP.TopExp import TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS

FILENAME = "candidate.py"
NAMES = ("fixture", "result", "model", "solid", "body", "part")

# CadQuery's defaults for `exporters.export(…, "x.stl")`.
TOLERANCE = 0.1
ANGULAR_TOLERANCE = 0.1

# What a refused candidate is told.
ALLOWED = "the sandbox has no network, programs, threads or signals, and no files but those that the code makes"

# A traceback is for reading: a deep recursion repeats itself.
MAX_FRAMES = 24


class NotExportable(Exception):
    """The code ran, but left nothing to export."""


class NoTriangles(Exception):
    """There is an object, but it has no surface."""


class TooManyTriangles(Exception):
    """The mesh is larger than the limit."""


def warm(stl: str, brep: str) -> dict[str, str]:
    """Walks the common paths of the kernel once, exports to `stl` and `brep`, and returns the versions.

    The first box, fillet, boolean and export load and initialise what every later child would have to.
    """
    # The kernel's thread pool, whose threads no fork would take along: a parallel boolean would wait for
    # them for ever. With one thread the pool has no workers, so CadQuery's `SetRunParallel` runs serially.
    OSD_ThreadPool.DefaultPool_s(1)
    BOPAlgo_Options.SetParallelMode_s(False)
    BRepMesh_IncrementalMesh.SetParallelDefault_s(False)
    # A file that grows past its limit is an error of the write, not the end of the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    block = cq.Workplane("XY").box(10, 10, 10).edges("|Z").fillet(1)
    drill = cq.Workplane("XY").circle(2).extrude(20, both=True)
    part = block.cut(drill).union(cq.Workplane("XY").sphere(3)).faces(">Z").chamfer(0.2).clean()
    shape = exportable(part)
    write_brep(shape, brep)
    write_stl(shape, stl, 1 << 20)
    try:
        exec(compile("raise ValueError('warm')", FILENAME, "exec"), {})
    except ValueError as error:
        describe(error, error.__traceback__)
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


def prepare(last_words: int, source: int) -> None:
    """Makes the child equal to every other child, whatever the zygote did before it."""
    global _source
    faulthandler.enable(file=last_words, all_threads=False)
    faulthandler.register(signal.SIGUSR1, file=last_words, all_threads=False, chain=False)
    # Made anew, because those of the zygote believe in other files. Line by line, so that a killed
    # candidate's prints are not lost with it.
    sys.stdout = sys.__stdout__ = _stream(1)
    sys.stderr = sys.__stderr__ = _stream(2)
    os.environ["TMPDIR"] = tempfile.tempdir = os.getcwd()
    # Forking reseeds `random` from the system.
    random.seed(0)
    numpy.random.seed(0)
    main = types.ModuleType("__main__")
    main.__file__ = FILENAME
    main.__dict__["show_object"] = _show_object
    main.__dict__["debug"] = _debug
    sys.modules["__main__"] = main
    _names.append(main.__dict__)
    # Read when a traceback needs it: a child that takes over from a pause has other code from there on.
    _source = source
    linecache.cache[FILENAME] = (_read_source,)


def step(code: bytes) -> None:
    """Runs one step of the candidate."""
    exec(marshal.loads(code), _names[0])


def choose():
    """The object to export: the last one shown, else the first of `NAMES` that is bound (and not None)."""
    if _shown:
        return exportable(_shown[-1], "the object given to show_object")
    names = _names[0]
    for name in NAMES:
        if names.get(name) is not None:
            return exportable(names[name], f"`{name}`")
    looked_for = ", ".join(NAMES)
    raise NotExportable(f"the code ran but left nothing to export: bind one of {looked_for}, or call show_object")


def exportable(value, name="the object"):
    """`value` as one shape, composed as `cadquery.exporters.export` composes it."""
    if isinstance(value, cq.Assembly):
        return value.toCompound()
    if isinstance(value, cq.Shape):
        return value
    try:
        parts = list(value)
    except TypeError:
        parts = None
    if parts is None or not all(isinstance(part, cq.Shape) for part in parts):
        kind = type(value).__name__
        raise NotExportable(f"{name} is of type {kind}: only a Workplane, Shape, Sketch or Assembly can be exported")
    return cq.occ_impl.shapes.compound(*parts)


def write_brep(shape, path: str) -> None:
    """Hands the boundary representation over, without triangles: those a reader would have to believe."""
    if shape.wrapped is None or shape.wrapped.IsNull():
        raise NoTriangles("the object is empty")
    BinTools.Write_s(
        shape.wrapped, path, False, False, BinTools_FormatVersion.BinTools_FormatVersion_VERSION_4, Message_ProgressRange()
    )


def write_stl(shape, path: str, max_triangles: int) -> list[int]:
    """Writes the STL that CadQuery would write; returns the triangles of each face, in its order."""
    BRepMesh_IncrementalMesh(shape.wrapped, TOLERANCE, True, ANGULAR_TOLERANCE, True)
    counts = []
    location = TopLoc_Location()
    explorer = TopExp_Explorer(shape.wrapped, TopAbs_FACE)
    while explorer.More():
        triangulation = BRep_Tool.Triangulation_s(TopoDS.Face_s(explorer.Current()), location)
        counts.append(0 if triangulation is None else triangulation.NbTriangles())
        explorer.Next()
    total = sum(counts)
    if not counts:
        raise NoTriangles("the object has no faces: sketches and wires must be extruded, revolved or lofted first")
    if total == 0:
        raise NoTriangles("no face of the object could be meshed")
    if total > max_triangles:
        raise TooManyTriangles(f"the mesh has {total} triangles, the limit is {max_triangles}")
    writer = StlAPI_Writer()
    writer.ASCIIMode = False
    if not writer.Write(shape.wrapped, path):
        raise NoTriangles("the kernel could not write the mesh")
    return counts


def describe(error: BaseException, frames_of) -> dict:
    """Names, message, line and traceback of an exception, as far as they concern the candidate's code."""
    own = type(error).__module__ in (__name__, "cadforge_reader")
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
    if refused:
        heading = f"{heading[:1500]} ({ALLOWED})"
    body = "" if own or not shown else "".join(["Traceback (most recent call last):\n", *shown, heading[:2000], "\n"])
    return {
        "lineage": lineage,
        "own": name if own else None,
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


def _show_object(obj, name=None, options=None, **_more):
    _shown.append(obj)


def _debug(obj, name=None, options=None, **_more):
    """Shown by editors beside the part; never the part itself."""


def _stream(descriptor: int):
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _installed(*names: str) -> str:
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "unknown"


_shown: list = []
_names: list = []
_source = -1
