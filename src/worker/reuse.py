"""Reuses the kernel's results between runs of one script of which named dimensions differ.

The first run records the result of each operation of `_METHODS` and `_FUNCTIONS`; later runs take it where the operation and
its arguments are equal. Shapes are equal arguments if they are the same shape of the kernel at the same place: results are
shared, so that whatever does not depend on the changed dimension stays equal along a whole chain of operations. Booleans of
most parts depend on few of their dimensions: references of the tasks rebuild in 0.6 of their time.

Only `record` changes CadQuery, so that other runs are not affected. A recording run computes everything itself.
"""

import functools
import types

import cadquery as cq
from cadquery import func
from cadquery.occ_impl import shapes
from OCP.TopLoc import TopLoc_Location

# More results would only fill the memory of scripts that make shapes in loops.
MAX_RESULTS = 4096

_METHODS = {
    "Shape": ("clean", "fix", "mirror", "rotate", "translate", "scale", "copy", "transformShape", "transformGeometry", "moved", "cut", "fuse", "intersect", "split", "isValid", "Volume"),
    "Edge": ("trim", "makeCircle", "makeEllipse", "makeSpline", "makeSplineApprox", "makeThreePointArc", "makeTangentArc", "makeLine", "makeBezier"),
    "Wire": ("combine", "assembleEdges", "makeCircle", "makeEllipse", "makePolygon", "makeHelix", "stitch", "offset2D", "fillet2D", "chamfer2D", "fillet"),
    "Face": ("makeNSidedSurface", "makePlane", "makeRuledSurface", "makeFromWires", "makeSplineApprox", "fillet2D", "chamfer2D", "thicken"),
    "Shell": ("makeShell",),
    "Mixin3D": ("fillet", "chamfer", "hollow", "dprism"),
    "Solid": ("makeSolid", "makeBox", "makeCone", "makeCylinder", "makeTorus", "makeLoft", "makeWedge", "makeSphere", "extrudeLinearWithRotation", "extrudeLinear", "revolve", "sweep", "sweep_multi"),
    "Compound": ("makeCompound", "makeText", "cut", "fuse", "intersect", "remove"),
}  # fmt: skip
_FUNCTIONS = (
    "edgesToWires", "wiresToFaces", "wire", "face", "shell", "solid", "compound", "text", "fuse", "cut", "intersect", "split", "clean",
    "fill", "cap", "fillet", "chamfer", "extrude", "revolve", "offset", "offset2D", "sweep", "loft", "hollow", "prism", "draft",
)  # fmt: skip

_NOWHERE = TopLoc_Location()
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)

# Results by operation and arguments. Equal operations of one run have results of their own: the n-th of a later run takes the
# n-th, so that two equal pegs do not become one shape.
_results: dict = {}
_taken: dict = {}
_count = 0
_recording = False
_inside = False
_reuses = True


class _Unknown(Exception):
    """An argument that cannot be compared."""


class _Same:
    """A shape of the kernel, without its place."""

    __slots__ = ("hash", "shape")

    def __init__(self, shape):
        self.shape = shape
        self.hash = hash(shape)

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        return type(other) is _Same and self.shape.IsSame(other.shape)


def record() -> None:
    """Begins to record, in a process that runs one script and its variants."""
    global _recording
    _recording = True
    replace_all(_reusing)


def replace_all(wrapped) -> None:
    """Replaces each operation by `wrapped(label, operation)`."""
    for name, methods in _METHODS.items():
        of = getattr(shapes, name)
        for method in methods:
            _replace_method(of, method, wrapped)
    for name in _FUNCTIONS:
        known = getattr(shapes, name, None)
        if known is None:
            continue
        replaced = _named(wrapped(name, known), known, name)
        for module in (shapes, func, cq.cq, cq.sketch):
            if getattr(module, name, None) is known:
                setattr(module, name, replaced)


def begin_variant(reuses: bool) -> None:
    """Ends the recording; to be called before each variant. Without `reuses` it computes everything itself.

    The kernel changes tolerances of the shapes that it is given, so that reused ones are not quite as they were: rarely, faces of
    a union are then not merged. Volumes did not differ in a single case.
    """
    global _recording, _reuses
    _recording, _reuses = False, reuses
    _taken.clear()


def _replace_method(of, name: str, wrapped) -> None:
    known = of.__dict__.get(name)
    label = f"{of.__name__}.{name}"
    if isinstance(known, classmethod):
        function = known.__func__
        setattr(of, name, classmethod(_named(wrapped(label, function), function, name)))
    elif isinstance(known, types.FunctionType):
        setattr(of, name, _named(wrapped(label, known), known, name))
    elif hasattr(known, "__get__"):
        # Overloads, which are looked up through the instance.
        setattr(of, name, _named(wrapped(label, lambda self, *given, **named: known.__get__(self, type(self))(*given, **named)), None, name))


def _named(wrapper, known, name: str):
    """The wrapper with the operation's name: remarks about operations name the method by its frame."""
    wrapper.__code__ = wrapper.__code__.replace(co_name=getattr(known, "__name__", name))
    return functools.update_wrapper(wrapper, known, ("__name__", "__doc__"), ()) if hasattr(known, "__name__") else wrapper


def _reusing(label: str, known):
    def reusing(*given, **named):
        global _count, _inside
        if _inside or not (_recording or _reuses):
            return known(*given, **named)
        given = tuple(list(value) if hasattr(value, "__next__") else value for value in given)
        try:
            key = (label, tuple(map(_key, given)), tuple((word, _key(value)) for word, value in sorted(named.items())))
        except _Unknown:
            return known(*given, **named)
        if not _recording:
            at = _taken.get(key, 0)
            found = _results.get(key, ())
            if at < len(found):
                _taken[key] = at + 1
                return _copied(found[at])
        _inside = True
        try:
            result = known(*given, **named)
        finally:
            _inside = False
        if _recording and _count < MAX_RESULTS:
            _count += 1
            _results.setdefault(key, []).append(_copied(result))
        return result

    return reusing


def _key(value):
    kind = type(value)
    if kind in (float, int, str, type(None)):
        return value
    if kind is bool:
        return (bool, value)
    if isinstance(value, cq.Shape):
        shape = value.wrapped
        if shape is None:
            raise _Unknown
        place = None if shape.Location().IsIdentity() else _matrix(shape.Location().Transformation())
        return (kind, _Same(shape.Located(_NOWHERE, False)), place if place != _IDENTITY else None, str(shape.Orientation()), value.forConstruction)
    if isinstance(value, cq.Vector):
        return (cq.Vector, value.x, value.y, value.z)
    if kind in (list, tuple):
        return (kind, *map(_key, value))
    if isinstance(value, cq.Plane):
        return (cq.Plane, value.origin.toTuple(), value.xDir.toTuple(), value.zDir.toTuple())
    if isinstance(value, cq.Location):
        return (cq.Location, _matrix(value.wrapped.Transformation()))
    if isinstance(value, type):
        return value
    if isinstance(value, float | int):
        return float(value)
    raise _Unknown


def _matrix(transformation) -> tuple:
    return tuple(transformation.Value(row, column) for row in (1, 2, 3) for column in (1, 2, 3, 4))


def _copied(result):
    """The same shapes of the kernel, in objects of their own: a script may move those that it has."""
    if isinstance(result, cq.Shape):
        copy = object.__new__(type(result))
        copy.__dict__.update(result.__dict__)
        if result.wrapped is not None:
            copy.wrapped = shapes.downcast(result.wrapped.Located(result.wrapped.Location(), False))
        return copy
    if type(result) in (list, tuple):
        return type(result)(map(_copied, result))
    return result
