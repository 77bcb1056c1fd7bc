"""Meshes shapes: as CadQuery exports them, or with bounded effort for measuring.

The bounded mesh equals CadQuery's for ordinary shapes. If counts predict many seconds of meshing (a face with hundreds of
holes, a surface with hundreds of spline spans), other parameters are chosen before meshing. Nothing depends on elapsed time:
equal shapes get equal meshes on every machine.
"""

import math

import cadquery as cq  # noqa: F401  before the kernel's modules, which need libraries that it loads
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.GeomAbs import GeomAbs_CurveType, GeomAbs_SurfaceType
from OCP.gp import gp_Pnt, gp_Vec
from OCP.IMeshTools import IMeshTools_MeshAlgoType, IMeshTools_Parameters
from OCP.Message import Message_ProgressRange
from OCP.StlAPI import StlAPI_Writer
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_WIRE
from OCP.TopExp import TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS

# CadQuery's defaults for `exporters.export(…, "x.stl")`: relative to the length of each edge, and radians.
TOLERANCE = 0.1
ANGULAR_TOLERANCE = 0.1

# Angle between neighbouring normals of a preview, in radians: 16 sides of a full turn.
PREVIEW_ANGLE = 0.4

# Nodes on the boundary of one face from which Delabella replaces the default mesher, whose time grows with their square: a
# plate with 400 holes has 25,600 (38 s against 3), the references of the tasks have 2,211 at most.
MANY_NODES = 4000

# Spline spans of one face from which the angle between neighbouring normals is wider: the default mesher halves triangles until
# they fit, so that its effort grows at least with the square of the angle. The references of the tasks have 16 spans at most,
# and no edge that turns twice.
MANY_SPANS = 64

# Turning of a spline edge in radians, and the angle from there on. Two full turns are a thread, a twisted bar or a few waves;
# eight are a knob of twenty flutes or a corrugated tube. Seconds, triangles and volume with and without (more in
# docs/reward.md): twisted bar 0.39, 33,000 against 7.4, 233,000 (0.3 %); vase of ten waves 0.6, 30,000 against 21, 434,000
# (0.02 %); knob of 23 flutes 0.9, 37,000 against 62, 860,000 (2 %).
WIDER_ANGLES = ((16.0 * math.pi, 0.3), (4.0 * math.pi, 0.2))

# Points at which the turning of an edge is sampled, per span and in total.
TURNING_SAMPLES, MAX_SAMPLES = 4, 400

_CURVED_SPLINES = (
    GeomAbs_SurfaceType.GeomAbs_BSplineSurface,
    GeomAbs_SurfaceType.GeomAbs_BezierSurface,
    GeomAbs_SurfaceType.GeomAbs_SurfaceOfRevolution,
    GeomAbs_SurfaceType.GeomAbs_SurfaceOfExtrusion,
    GeomAbs_SurfaceType.GeomAbs_OffsetSurface,
    GeomAbs_SurfaceType.GeomAbs_OtherSurface,
)
_ROUND = (GeomAbs_CurveType.GeomAbs_Circle, GeomAbs_CurveType.GeomAbs_Ellipse)


class NoTriangles(Exception):
    """The object has no surface."""


class TooManyTriangles(Exception):
    """The mesh is larger than the limit."""


class Effort:
    """Estimates from counts how long meshing will take."""

    def __init__(self, shape):
        self.nodes = self.spans = 0
        self.turning = 0.0
        # The face that will take longest, and why, for the message of a time-out.
        self.hardest, heaviest = "no face", -1.0
        for index, face in enumerate(faces(shape)):
            kind, nodes, holes, spans, turning = _face_effort(face)
            self.nodes = max(self.nodes, nodes)
            self.spans = max(self.spans, spans)
            self.turning = max(self.turning, turning)
            weight = (nodes / MANY_NODES) ** 2 + spans / MANY_SPANS + turning / WIDER_ANGLES[-1][0]
            if weight > heaviest:
                heaviest = weight
                about = [f"{holes} holes"] if holes > 1 else []
                about += [f"{spans} spline spans"] if spans > 1 else []
                detail = f" with {' and '.join(about)}" if about else ""
                self.hardest = f"face {index}, a {kind}{detail}"

    def angle(self) -> float:
        """The angle between neighbouring normals, in radians, with which meshing takes seconds at most."""
        wider = [angle for turning, angle in WIDER_ANGLES if self.turning > turning]
        many = [WIDER_ANGLES[-1][1]] if self.spans > MANY_SPANS else []
        return max([ANGULAR_TOLERANCE, *wider, *many])


def faces(shape):
    """The faces in the kernel's order; a face that several solids share appears once for each."""
    explorer = TopExp_Explorer(shape, TopAbs_FACE)
    while explorer.More():
        yield TopoDS.Face_s(explorer.Current())
        explorer.Next()


def mesh_as_exported(shape) -> None:
    """Meshes as `cadquery.exporters.export` does."""
    BRepMesh_IncrementalMesh(shape, TOLERANCE, True, ANGULAR_TOLERANCE, True)


def mesh_bounded(shape, effort: Effort) -> None:
    """Meshes with parameters chosen from counts."""
    angle = effort.angle()
    # Twice the angle halves the nodes on a circle.
    many = effort.nodes * ANGULAR_TOLERANCE / angle > MANY_NODES
    if angle == ANGULAR_TOLERANCE and not many:
        mesh_as_exported(shape)
        return
    parameters = IMeshTools_Parameters()
    parameters.Deflection, parameters.Relative, parameters.Angle = TOLERANCE, True, angle
    if many:
        parameters.MeshAlgo = IMeshTools_MeshAlgoType.IMeshTools_MeshAlgoType_Delabella
    BRepMesh_IncrementalMesh(shape, parameters, Message_ProgressRange())
    if many and 0 in triangle_counts(shape):
        # Delabella sometimes leaves a face with a spline in its outline empty. The other faces keep their triangles.
        parameters.MeshAlgo = IMeshTools_MeshAlgoType.IMeshTools_MeshAlgoType_Watson
        BRepMesh_IncrementalMesh(shape, parameters, Message_ProgressRange())


def mesh_preview(shape) -> None:
    """A coarse mesh for display, in a fifth of the time of the others."""
    parameters = IMeshTools_Parameters()
    parameters.Deflection, parameters.Relative, parameters.Angle = TOLERANCE, True, PREVIEW_ANGLE
    parameters.MeshAlgo = IMeshTools_MeshAlgoType.IMeshTools_MeshAlgoType_Delabella
    # Otherwise triangles on spline surfaces are halved until they fit, which takes most of the time of a vase.
    parameters.ControlSurfaceDeflection = False
    BRepMesh_IncrementalMesh(shape, parameters, Message_ProgressRange())


def triangle_counts(shape) -> list[int]:
    """The number of triangles of each face, in the order of `faces`."""
    location = TopLoc_Location()
    counts = []
    for face in faces(shape):
        triangulation = BRep_Tool.Triangulation_s(face, location)
        counts.append(0 if triangulation is None else triangulation.NbTriangles())
    return counts


def write(shape, path: str, max_triangles: int) -> list[int]:
    """Writes the triangles of a meshed shape as a binary STL; returns the number of triangles of each face."""
    counts = triangle_counts(shape)
    total = sum(counts)
    if not counts:
        raise NoTriangles("the object has no faces: sketches and wires must be extruded, revolved or lofted first")
    if total == 0:
        raise NoTriangles("no face of the object could be meshed")
    if total > max_triangles:
        raise TooManyTriangles(f"the mesh has {total} triangles, the limit is {max_triangles}")
    writer = StlAPI_Writer()
    writer.ASCIIMode = False
    if not writer.Write(shape, path):
        raise NoTriangles("the kernel could not write the mesh")
    return counts


def _face_effort(face):
    surface = BRepAdaptor_Surface(face)
    kind = surface.GetType()
    curved = kind in _CURVED_SPLINES
    nodes = wires = 0
    turning = 0.0
    explorer = TopExp_Explorer(face, TopAbs_EDGE)
    while explorer.More():
        count, turn = _edge_effort(TopoDS.Edge_s(explorer.Current()), curved)
        nodes += count
        turning = max(turning, turn)
        explorer.Next()
    explorer = TopExp_Explorer(face, TopAbs_WIRE)
    while explorer.More():
        wires += 1
        explorer.Next()
    name = kind.name.removeprefix("GeomAbs_")
    return name, nodes, wires - 1, _spans(surface, kind) if curved else 1, turning


def _spans(surface, kind) -> int:
    try:
        if kind in (GeomAbs_SurfaceType.GeomAbs_SurfaceOfRevolution, GeomAbs_SurfaceType.GeomAbs_SurfaceOfExtrusion):
            curve = surface.BasisCurve()
            spline = curve.GetType() == GeomAbs_CurveType.GeomAbs_BSplineCurve
            # A full turn counts as four spans.
            times = 4 if kind == GeomAbs_SurfaceType.GeomAbs_SurfaceOfRevolution else 1
            return times * (curve.NbKnots() - 1) if spline else 1
        if kind == GeomAbs_SurfaceType.GeomAbs_BSplineSurface:
            return (surface.NbUKnots() - 1) * (surface.NbVKnots() - 1)
    except Exception:
        # A surface without this information is meshed as any other.
        pass
    return 1


def _edge_effort(edge, with_turning: bool) -> tuple[int, float]:
    if BRep_Tool.Degenerated_s(edge):
        return 1, 0.0
    curve = BRepAdaptor_Curve(edge)
    kind = curve.GetType()
    if kind == GeomAbs_CurveType.GeomAbs_Line:
        return 1, 0.0
    first, last = curve.FirstParameter(), curve.LastParameter()
    if kind in _ROUND:
        return max(1, math.ceil(abs(last - first) / ANGULAR_TOLERANCE)), 0.0
    try:
        spans = curve.NbKnots() - 1 if kind == GeomAbs_CurveType.GeomAbs_BSplineCurve else 1
    except Exception:
        spans = 1
    return TURNING_SAMPLES * spans, _turning(curve, first, last, spans) if with_turning else 0.0


def _turning(curve, first: float, last: float, spans: int) -> float:
    """The sum of the angles between tangents along a curve, in radians."""
    count = min(MAX_SAMPLES, max(16, TURNING_SAMPLES * spans))
    point, tangent, before, total = gp_Pnt(), gp_Vec(), None, 0.0
    try:
        for at in range(count + 1):
            curve.D1(first + (last - first) * at / count, point, tangent)
            if tangent.Magnitude() < 1e-12:
                continue
            if before is not None:
                total += before.Angle(tangent)
            before = gp_Vec(tangent.X(), tangent.Y(), tangent.Z())
    except Exception:
        return total
    return total
