"""Composes one shape of what a script has made."""

import cadquery as cq
from OCP.TopoDS import TopoDS_Shape


class NotExportable(Exception):
    """The code ran, but left nothing that can be exported."""


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
