"""The Python part of the reader: splits code into steps, and measures shapes.

Runs in a child that executes no candidate code.
"""

import ast
import io
import marshal
import struct
import warnings

import cadquery as cq  # before the kernel's modules, which need libraries that it loads
from OCP.BinTools import BinTools
from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepCheck import BRepCheck_Analyzer
from OCP.BRepGProp import BRepGProp
from OCP.GCPnts import GCPnts_TangentialDeflection
from OCP.GeomAbs import GeomAbs_CurveType, GeomAbs_SurfaceType
from OCP.GProp import GProp_GProps
from OCP.Message import Message_ProgressRange
from OCP.ShapeAnalysis import ShapeAnalysis_ShapeTolerance
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_REVERSED, TopAbs_SHELL, TopAbs_SOLID, TopAbs_VERTEX, TopAbs_WIRE
from OCP.TopExp import TopExp, TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Iterator, TopoDS_Shape
from OCP.TopTools import TopTools_IndexedMapOfShape

import cadforge_harness as harness
import cadforge_mesher as mesher
import cadforge_syntax as syntax
from cadforge_harness import FILENAME, describe, flush, prepare
from cadforge_mesher import ANGULAR_TOLERANCE, TOLERANCE

__all__ = ["describe", "edges", "facts", "flush", "hardest_face", "mass", "mesh", "plan", "prepare", "read_brep", "scene", "step_file", "surfaces", "warm"]

# Edges are for display; with more points a picture shows only grey.
MAX_EDGE_POINTS = 1_000_000

# Number of faces whose faults are reported.
MAX_FAULTS = 8

# Compiler flags that a `from __future__` sets for the whole file.
FUTURES = 0
for _name in __import__("__future__").all_feature_names:
    FUTURES |= getattr(__import__("__future__"), _name).compiler_flag

# The last marshal format without back references: equal code has equal bytes, whatever surrounds it.
PLAIN_FORMAT = 2


def warm(path: str) -> None:
    """Reads and measures one shape, so that everything the first use loads is loaded before the first fork."""
    plan(b"import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3).faces().hole(1)\n")
    (shape,) = read_brep(path, 0)
    edges(shape)
    surfaces(shape)
    facts(shape)
    mass(shape)
    scene([shape], 1 << 20)


def plan(source: bytes) -> list[bytes]:
    """Splits a candidate into steps: its top-level statements, and the calls chained in them.

    Executing them in order has the effect of the whole, with the same line numbers. Errors of the code as a whole are raised as
    Python raises them.
    """
    if b"\0" in source:
        raise SyntaxError("source code cannot contain null bytes")
    whole, source = syntax.compiled(source, FILENAME)
    futures = whole.co_flags & FUTURES
    try:
        # Its warnings were printed by the compilation above.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(source, FILENAME, "exec", ast.PyCF_ONLY_AST | futures, dont_inherit=True)
            return [_packed(_compiled(part, futures)) for part in _parts(tree)]
    except (RecursionError, MemoryError, ValueError):
        # Nested too deeply for a syntax tree, but not for the compiler.
        return [_packed(whole)]


def _compiled(statements: list, futures: int):
    return compile(ast.Module(statements, []), FILENAME, "exec", futures, dont_inherit=True)


def _packed(code) -> bytes:
    try:
        return marshal.dumps(code, PLAIN_FORMAT)
    except ValueError:
        return marshal.dumps(code)


def _parts(tree):
    for number, statement in enumerate(tree.body):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            # A string would become the docstring of its step; only the first statement can be the file's.
            if number > 0:
                continue
        elif isinstance(statement, ast.Assign | ast.Expr):
            chain = _Chain()
            statement.value = chain.flat(statement.value)
            yield from chain.steps
            yield [statement, *_deletions(statement.value)]
            continue
        yield [statement]


class _Chain:
    """Splits an expression into its calls, in the order in which Python makes them."""

    def __init__(self):
        self.steps = []
        self._named = 0

    def flat(self, node):
        """An expression for the rest of `node`, to be evaluated after the steps."""
        if isinstance(node, ast.Attribute):
            node.value = self._done(node.value)
            return node
        if not _is_plain_call(node):
            return node
        function, arguments = node.func, [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(function, ast.Attribute):
            function.value = self._done(function.value)
        if not any(_has_call(argument) for argument in arguments):
            return node
        # Python looks the method up before it evaluates the arguments.
        node.func = self._bound(function)
        if isinstance(function, ast.Attribute):
            # The position that Python reports for a method call.
            node.lineno, node.col_offset = function.end_lineno, function.end_col_offset - len(function.attr)
        last = max(number for number, argument in enumerate(arguments) if _has_call(argument))
        done = [self._argument(argument) if number <= last else argument for number, argument in enumerate(arguments)]
        node.args = done[: len(node.args)]
        for keyword, argument in zip(node.keywords, done[len(node.args) :]):
            keyword.value = argument
        return node

    def _argument(self, node):
        if isinstance(node, ast.Constant):
            return node
        return self._bound(self.flat(node))

    def _done(self, node):
        """As `flat`, with a call made a step."""
        flat = self.flat(node)
        return self._bound(flat) if isinstance(flat, ast.Call) else flat

    def _bound(self, node):
        """Binds the value of `node` to a name that no code can contain."""
        name = f".{self._named}"
        self._named += 1
        store = ast.copy_location(ast.Assign([ast.copy_location(ast.Name(name, ast.Store()), node)], node), node)
        self.steps.append([store, *_deletions(node)])
        return ast.copy_location(ast.Name(name, ast.Load()), node)


def _deletions(node) -> list:
    """Deletes our names that `node` used: each is used once."""
    used = [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id.startswith(".")]
    names = [ast.copy_location(ast.Name(name, ast.Del()), node) for name in used]
    return [ast.copy_location(ast.Delete(names), node)] if names else []


def _is_plain_call(node) -> bool:
    if not isinstance(node, ast.Call) or any(keyword.arg is None for keyword in node.keywords):
        return False
    return not any(isinstance(argument, ast.Starred) for argument in node.args)


def _has_call(node) -> bool:
    """Whether evaluating `node` begins with a call that can become a step."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return _is_plain_call(node)


class Unreadable(Exception):
    """The exported data is not a shape."""


def read_brep(path: str, objects: int) -> list:
    """Reads the exported shapes: the scored one, then so many objects to display."""
    shape = TopoDS_Shape()
    try:
        read = BinTools.Read_s(shape, path, Message_ProgressRange())
    except Exception as error:
        raise Unreadable(f"the exported shape cannot be read: {error}") from None
    if not read or shape.IsNull():
        raise Unreadable("the exported shape cannot be read")
    if objects == 0:
        return [shape]
    found, children = [], TopoDS_Iterator(shape)
    while children.More():
        found.append(children.Value())
        children.Next()
    if len(found) != 1 + objects:
        raise Unreadable(f"{1 + objects} shapes were announced, {len(found)} exported")
    return found


def mesh(shape, exported: bool, path: str, max_triangles: int) -> list[int]:
    """Meshes a shape and writes its STL; returns the number of triangles of each face.

    `exported` selects CadQuery's own mesh, else the one for measuring (`cadforge_mesher`).
    """
    if exported:
        mesher.mesh_as_exported(shape)
    else:
        mesher.mesh_bounded(shape, mesher.Effort(shape))
    return mesher.write(shape, path, max_triangles)


def hardest_face(shape) -> str:
    """Describes the face whose mesh takes longest."""
    return mesher.Effort(shape).hardest


def scene(shapes, max_triangles: int) -> bytes:
    """The displayed objects, little-endian: for each the number of triangles (u32), their corners (9 x f32), the length of its
    edges in bytes (u32), and the edges as `edges` writes them. Objects beyond the limit have no triangles.
    """
    out, left = bytearray(), max_triangles
    for shape in shapes:
        try:
            mesher.mesh_bounded(shape, mesher.Effort(shape))
            corners, lines = _corners(shape, left), edges(shape)
        except Exception:
            # An object that cannot be displayed must not affect the scored one.
            corners, lines = b"", b""
        left -= len(corners) // 36
        out += struct.pack("<I", len(corners) // 36) + corners + struct.pack("<I", len(lines)) + lines
    return bytes(out)


def _corners(shape, most: int) -> bytes:
    if sum(mesher.triangle_counts(shape)) > most:
        return b""
    out = bytearray()
    for face in mesher.faces(shape):
        location = TopLoc_Location()
        triangulation = BRep_Tool.Triangulation_s(face, location)
        if triangulation is None:
            continue
        place = location.Transformation()
        nodes = [_xyz(triangulation.Node(at).Transformed(place)) for at in range(1, triangulation.NbNodes() + 1)]
        turned = face.Orientation() == TopAbs_REVERSED
        for at in range(1, triangulation.NbTriangles() + 1):
            a, b, c = triangulation.Triangle(at).Get()
            if turned:
                b, c = c, b
            out += struct.pack("<9f", *nodes[a - 1], *nodes[b - 1], *nodes[c - 1])
    return bytes(out)


def edges(shape) -> bytes:
    """Polylines of the distinct edges: curve (u8), number of points (u32), points (3 x f32), little-endian."""
    table = TopTools_IndexedMapOfShape()
    TopExp.MapShapes_s(shape, TopAbs_EDGE, table)
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
            try:
                polyline = GCPnts_TangentialDeflection(curve, first, last, ANGULAR_TOLERANCE, TOLERANCE)
            except Exception:
                # A curve that the kernel cannot evaluate is not drawn.
                continue
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



def surfaces(shape) -> bytes:
    """The faces in the order of the mesh, little-endian: the largest tolerance (f64), then for each face its surface
    (u8, index into `SURFACES` of the protocol), radius, second radius or half angle, a point, an axis, area, box (f64).
    """
    out = bytearray(struct.pack("<d", ShapeAnalysis_ShapeTolerance().Tolerance(shape, 1)))
    explorer = TopExp_Explorer(shape, TopAbs_FACE)
    while explorer.More():
        face = TopoDS.Face_s(explorer.Current())
        surface = BRepAdaptor_Surface(face)
        kind = _SURFACES.get(surface.GetType(), _other_surface)
        index, first, second, point, axis = kind(surface)
        properties, box = GProp_GProps(), Bnd_Box()
        try:
            BRepGProp.SurfaceProperties_s(face, properties)
            BRepBndLib.Add_s(face, box, False)
            # An open box has no numbers; a face without a box may be anywhere.
            limits = (float("nan"),) * 6 if box.IsVoid() or box.IsOpen() else box.Get()
        except Exception:
            # The kernel cannot evaluate the surface everywhere.
            limits = (float("nan"),) * 6
        out += struct.pack("<B15d", index, first, second, *point, *axis, properties.Mass(), *limits)
        explorer.Next()
    return bytes(out)


def _xyz(of) -> tuple:
    return of.X(), of.Y(), of.Z()


def _plane(surface):
    position = surface.Plane().Position()
    return 0, 0.0, 0.0, _xyz(position.Location()), _xyz(position.Direction())


def _cylinder(surface):
    cylinder = surface.Cylinder()
    position = cylinder.Position()
    return 1, cylinder.Radius(), 0.0, _xyz(position.Location()), _xyz(position.Direction())


def _cone(surface):
    cone = surface.Cone()
    position = cone.Position()
    return 2, cone.RefRadius(), cone.SemiAngle(), _xyz(position.Location()), _xyz(position.Direction())


def _sphere(surface):
    sphere = surface.Sphere()
    return 3, sphere.Radius(), 0.0, _xyz(sphere.Location()), (0.0, 0.0, 1.0)


def _torus(surface):
    torus = surface.Torus()
    position = torus.Position()
    return 4, torus.MajorRadius(), torus.MinorRadius(), _xyz(position.Location()), _xyz(position.Direction())


def _other_surface(surface):
    index = {GeomAbs_SurfaceType.GeomAbs_BezierSurface: 5, GeomAbs_SurfaceType.GeomAbs_BSplineSurface: 6}
    return index.get(surface.GetType(), 7), 0.0, 0.0, (0.0,) * 3, (0.0, 0.0, 1.0)


_SURFACES = {
    GeomAbs_SurfaceType.GeomAbs_Plane: _plane,
    GeomAbs_SurfaceType.GeomAbs_Cylinder: _cylinder,
    GeomAbs_SurfaceType.GeomAbs_Cone: _cone,
    GeomAbs_SurfaceType.GeomAbs_Sphere: _sphere,
    GeomAbs_SurfaceType.GeomAbs_Torus: _torus,
}


def step_file(shape) -> bytes:
    """The shape as a STEP file (ISO 10303-21, AP214), in mm."""
    from OCP.IFSelect import IFSelect_RetDone
    from OCP.STEPControl import STEPControl_AsIs, STEPControl_Writer

    writer, out = STEPControl_Writer(), io.BytesIO()
    if writer.Transfer(shape, STEPControl_AsIs) != IFSelect_RetDone or writer.WriteStream(out) != IFSelect_RetDone:
        raise Unreadable("the kernel could not write the shape as STEP")
    return out.getvalue()


def facts(shape) -> dict:
    """Counts and measures of the boundary representation."""

    def count(kind):
        table = TopTools_IndexedMapOfShape()
        TopExp.MapShapes_s(shape, kind, table)
        return table.Extent()

    def visit(of, *kinds):
        explorer = TopExp_Explorer(of, *kinds)
        while explorer.More():
            yield explorer.Current()
            explorer.Next()

    def loose(kind, outside):
        return sum(1 for _ in visit(shape, kind, outside))

    def measure(of, *more):
        properties = GProp_GProps()
        try:
            of(shape, properties, *more)
        except Exception:
            return 0.0
        return properties.Mass()

    check = BRepCheck_Analyzer(shape)
    valid = check.IsValid()
    return {
        "solids": count(TopAbs_SOLID),
        "shells": count(TopAbs_SHELL),
        "faces": count(TopAbs_FACE),
        "edges": count(TopAbs_EDGE),
        "vertices": count(TopAbs_VERTEX),
        "volume": measure(BRepGProp.VolumeProperties_s),
        "area": measure(BRepGProp.SurfaceProperties_s),
        "valid": valid,
        "faults": [] if valid else _faults(shape, check),
        "solid_faces": [sum(1 for _ in visit(solid, TopAbs_FACE)) for solid in visit(shape, TopAbs_SOLID)],
        "loose": loose(TopAbs_FACE, TopAbs_SOLID) + loose(TopAbs_EDGE, TopAbs_FACE) + loose(TopAbs_VERTEX, TopAbs_EDGE),
    }


def mass(shape) -> list[float]:
    """Volume, area, centroid (3), second moments about it (xx, yy, zz, xy, yz, zx), box (6), solids, faces.

    From the surfaces, without a mesh. The box may be larger than the shape where surfaces are splines.
    """
    volume, area, box = GProp_GProps(), GProp_GProps(), Bnd_Box()
    BRepGProp.VolumeProperties_s(shape, volume)
    BRepGProp.SurfaceProperties_s(shape, area)
    BRepBndLib.Add_s(shape, box, False)
    inertia = volume.MatrixOfInertia()
    about = [inertia.Value(axis, axis) for axis in (1, 2, 3)]
    products = [-inertia.Value(*axes) for axes in ((1, 2), (2, 3), (3, 1))]
    counts = []
    for kind in (TopAbs_SOLID, TopAbs_FACE):
        table = TopTools_IndexedMapOfShape()
        TopExp.MapShapes_s(shape, kind, table)
        counts.append(float(table.Extent()))
    half = sum(about) / 2
    return [volume.Mass(), area.Mass(), *_xyz(volume.CentreOfMass()), *(half - moment for moment in about), *products, *box.Get(), *counts]


def _faults(shape, check) -> list:
    """Face index and fault for at most `MAX_FAULTS` faults that the kernel's check finds; index -1 is a shell or solid."""
    found = []
    explorer, number = TopExp_Explorer(shape, TopAbs_FACE), 0
    while explorer.More() and len(found) < MAX_FAULTS:
        face = explorer.Current()
        if not check.IsValid(face):
            flaws = _flaws(face, check)
            for kind in (TopAbs_WIRE, TopAbs_EDGE):
                parts = TopExp_Explorer(face, kind)
                while parts.More():
                    flaws |= _flaws(parts.Current(), check)
                    parts.Next()
            found += [(number, flaw) for flaw in sorted(flaws)[:2]]
        explorer.Next()
        number += 1
    for kind in (TopAbs_SHELL, TopAbs_SOLID):
        parts = TopExp_Explorer(shape, kind)
        while parts.More() and len(found) < MAX_FAULTS:
            found += [(-1, flaw) for flaw in sorted(_flaws(parts.Current(), check))[:1]]
            parts.Next()
    return found


def _flaws(part, check) -> set:
    result = check.Result(part)
    flaws = [status.name for status in result.Status()]
    result.InitContextIterator()
    while result.MoreShapeInContext():
        flaws += [status.name for status in result.StatusOnShape()]
        result.NextShapeInContext()
    return {flaw.removeprefix("BRepCheck_") for flaw in flaws if flaw != "BRepCheck_NoError"}


def _curve_indices() -> dict:
    # The order is that of `CURVES` in the protocol, whose last entry stands for all other curves.
    kinds = ("Line", "Circle", "Ellipse", "Hyperbola", "Parabola", "BezierCurve", "BSplineCurve", "OffsetCurve")
    return {getattr(GeomAbs_CurveType, f"GeomAbs_{kind}"): index for index, kind in enumerate(kinds)}


_CURVE_INDICES = _curve_indices()
_OTHER_CURVE = len(_CURVE_INDICES)

