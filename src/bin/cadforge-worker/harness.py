"""What of a candidate's run is Python: warming the zygote, running the code, exporting and measuring.

Compiled into the worker, whose environment it imports. The zygote calls `warm` once; everything else runs in the child that will run one
candidate and die. Nothing here judges: an exception is described, classes and scores are given elsewhere.
"""

import os

# A second thread in the zygote would make every fork a gamble, and numpy's BLAS starts one at import.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import faulthandler
import gc
import linecache
import random
import signal
import struct
import sys
import tempfile
import traceback
import types
from importlib.metadata import PackageNotFoundError, version

import cadquery as cq
import numpy.random
from OCP.BOPAlgo import BOPAlgo_Options
from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepCheck import BRepCheck_Analyzer
from OCP.BRepGProp import BRepGProp
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.GCPnts import GCPnts_TangentialDeflection
from OCP.GeomAbs import GeomAbs_CurveType
from OCP.GProp import GProp_GProps
from OCP.OSD import OSD_ThreadPool
from OCP.StlAPI import StlAPI_Writer
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_SHELL, TopAbs_SOLID, TopAbs_VERTEX
from OCP.TopExp import TopExp, TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS
from OCP.TopTools import TopTools_IndexedMapOfShape

FILENAME = "candidate.py"
NAMES = ("fixture", "result", "model", "solid", "body", "part")

# CadQuery's defaults for `exporters.export(…, "x.stl")`.
TOLERANCE = 0.1
ANGULAR_TOLERANCE = 0.1

# Edges are for the eye: beyond this many points a picture shows a grey smear anyway.
MAX_EDGE_POINTS = 1_000_000

# A traceback is for reading: a deep recursion repeats itself.
MAX_FRAMES = 24


class NotExportable(Exception):
    """The code ran, but left nothing to export."""


class NoTriangles(Exception):
    """There is an object, but it has no surface."""


class TooManyTriangles(Exception):
    """The mesh is larger than the limit."""


def warm(path: str) -> dict[str, str]:
    """Walks the common paths of the kernel once, writes an STL to `path`, and returns the versions.

    The first box, fillet, boolean and export load and initialise what every later child would have to.
    """
    # The kernel's thread pool, whose threads no fork would take along: a parallel boolean would wait for
    # them for ever. With one thread the pool has no workers, so CadQuery's `SetRunParallel` runs serially.
    OSD_ThreadPool.DefaultPool_s(1)
    BOPAlgo_Options.SetParallelMode_s(False)
    BRepMesh_IncrementalMesh.SetParallelDefault_s(False)
    # A file that grows past its limit is an error of the write, not the end of the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    _quicken_planes()
    block = cq.Workplane("XY").box(10, 10, 10).edges("|Z").fillet(1)
    drill = cq.Workplane("XY").circle(2).extrude(20, both=True)
    part = block.cut(drill).union(cq.Workplane("XY").sphere(3)).faces(">Z").chamfer(0.2).clean()
    shape = exportable(part)
    write_stl(shape, path, 1 << 20)
    edges(shape)
    facts(shape)
    try:
        exec(compile("raise ValueError('warm')", FILENAME, "exec"), {})
    except ValueError as error:
        describe(error, error.__traceback__)

    del block, drill, part, shape
    gc.collect()
    gc.freeze()
    return {
        "cadquery": cq.__version__,
        "ocp": _installed("cadquery-ocp-novtk", "cadquery-ocp"),
        "python": ".".join(str(part) for part in sys.version_info[:3]),
    }


def prepare(scratch: str, last_words: int) -> None:
    """Makes the child equal to every other child, whatever the zygote did before it."""
    faulthandler.enable(file=last_words, all_threads=False)
    faulthandler.register(signal.SIGUSR1, file=last_words, all_threads=False, chain=False)
    # Made anew, because those of the zygote believe in other files. Line by line, so that a killed
    # candidate's prints are not lost with it.
    sys.stdout = sys.__stdout__ = _stream(1)
    sys.stderr = sys.__stderr__ = _stream(2)
    sys.argv = [FILENAME]
    os.environ["TMPDIR"] = tempfile.tempdir = scratch
    # Forking reseeds `random` from the system.
    random.seed(0)
    numpy.random.seed(0)


def execute(source: bytes) -> dict:
    """Runs the candidate as a script and returns its names."""
    lines = [f"{line}\n" for line in source.decode("utf-8", "replace").split("\n")]
    linecache.cache[FILENAME] = (len(source), None, lines, FILENAME)
    main = types.ModuleType("__main__")
    main.__file__ = FILENAME
    main.__dict__["show_object"] = _show_object
    main.__dict__["debug"] = _debug
    sys.modules["__main__"] = main
    if b"\0" in source:
        raise SyntaxError("source code cannot contain null bytes")
    code = compile(source, FILENAME, "exec", dont_inherit=True)
    exec(code, main.__dict__)
    return main.__dict__


def choose(names: dict):
    """The object to export: the last one shown, else the first of `NAMES` that is bound (and not None)."""
    if _shown:
        return exportable(_shown[-1], "the object given to show_object")
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


def write_stl(shape, path: str, max_triangles: int) -> list[int]:
    """Writes the STL that CadQuery would write; returns the triangles of each face, in its order."""
    if shape.wrapped is None or shape.wrapped.IsNull():
        raise NoTriangles("the object is empty")
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


def edges(shape) -> bytes:
    """Polylines of the distinct edges: curve (u8), number of points (u32), points (3 x f32), little-endian."""
    table = TopTools_IndexedMapOfShape()
    TopExp.MapShapes_s(shape.wrapped, TopAbs_EDGE, table)
    out = bytearray()
    left = MAX_EDGE_POINTS
    for index in range(1, table.Extent() + 1):
        edge = TopoDS.Edge_s(table.FindKey(index))
        if BRep_Tool.Degenerated_s(edge):
            continue
        curve = BRepAdaptor_Curve(edge)
        kind = _CURVE_INDICES.get(curve.GetType(), _OTHER_CURVE)
        first, last = curve.FirstParameter(), curve.LastParameter()
        if kind == 0:
            points = (curve.Value(first), curve.Value(last))
        else:
            polyline = GCPnts_TangentialDeflection(curve, first, last, ANGULAR_TOLERANCE, TOLERANCE)
            points = [polyline.Value(number) for number in range(1, polyline.NbPoints() + 1)]
        if len(points) < 2:
            continue
        left -= len(points)
        if left < 0:
            break
        out += struct.pack("<BI", kind, len(points))
        flat = [number for point in points for number in (point.X(), point.Y(), point.Z())]
        out += struct.pack(f"<{len(flat)}f", *flat)
    return bytes(out)


def facts(shape) -> dict:
    """Counts and measures of the boundary representation."""
    wrapped = shape.wrapped

    def count(kind):
        table = TopTools_IndexedMapOfShape()
        TopExp.MapShapes_s(wrapped, kind, table)
        return table.Extent()

    volume, area, box = GProp_GProps(), GProp_GProps(), Bnd_Box()
    BRepGProp.VolumeProperties_s(wrapped, volume)
    BRepGProp.SurfaceProperties_s(wrapped, area)
    BRepBndLib.AddOptimal_s(wrapped, box, False, False)
    limits = box.Get()
    return {
        "solids": count(TopAbs_SOLID),
        "shells": count(TopAbs_SHELL),
        "faces": count(TopAbs_FACE),
        "edges": count(TopAbs_EDGE),
        "vertices": count(TopAbs_VERTEX),
        "volume": volume.Mass(),
        "area": area.Mass(),
        "min": limits[:3],
        "max": limits[3:],
        "valid": BRepCheck_Analyzer(wrapped).IsValid(),
    }


def describe(error: BaseException, frames_of) -> dict:
    """Names, message, line and traceback of an exception, as far as they concern the candidate's code."""
    own = type(error).__module__ == __name__
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
    body = "" if own or not shown else "".join(["Traceback (most recent call last):\n", *shown, heading[:2000], "\n"])
    return {
        "lineage": lineage,
        "own": name if own else None,
        "message": (message if own else heading)[:2000],
        "line": line,
        "traceback": body,
    }


def flush() -> None:
    """Hands over what the candidate printed and Python still holds."""
    sys.stdout.flush()
    sys.stderr.flush()


def _show_object(obj, name=None, options=None, **_more):
    _shown.append(obj)


def _debug(obj, name=None, options=None, **_more):
    """Shown by editors beside the part; never the part itself."""


def _quicken_planes() -> None:
    """Has `Plane.named` build the plane that was asked for instead of all twelve: a third of some scripts."""
    named = cq.Plane.named
    planes = ("XY", "YZ", "ZX", "XZ", "YX", "ZY", "front", "back", "left", "right", "top", "bottom")
    directions = {name: (named(name).xDir.toTuple(), named(name).zDir.toTuple()) for name in planes}

    def quick(cls, stdName, origin=(0, 0, 0)):
        known = directions.get(stdName)
        return named(stdName, origin) if known is None else cq.Plane(origin, *known)

    cq.Plane.named = classmethod(quick)


def _stream(descriptor: int):
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _installed(*names: str) -> str:
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "unknown"


def _curve_indices() -> dict:
    # The order is that of `CURVES` in the protocol, whose last entry is for all other curves.
    kinds = ("Line", "Circle", "Ellipse", "Hyperbola", "Parabola", "BezierCurve", "BSplineCurve", "OffsetCurve")
    return {getattr(GeomAbs_CurveType, f"GeomAbs_{kind}"): index for index, kind in enumerate(kinds)}


_CURVE_INDICES = _curve_indices()
_OTHER_CURVE = len(_CURVE_INDICES)
_shown: list = []
