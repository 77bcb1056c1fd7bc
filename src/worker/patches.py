"""CadQuery made faster where it is wasteful and the bytes stay equal. Each patch can be left out by name.

Every patch has its proof in `tests/it/executor/patches.rs`: all shipped scripts give the same STL with and without it.
"""

import gc

import cadquery as cq


def quick_planes() -> None:
    """Has `Plane.named` build the plane that was asked for instead of all twelve: a third of some scripts."""
    named = cq.Plane.named
    planes = ("XY", "YZ", "ZX", "XZ", "YX", "ZY", "front", "back", "left", "right", "top", "bottom")
    directions = {name: (named(name).xDir.toTuple(), named(name).zDir.toTuple()) for name in planes}

    def quick(cls, stdName, origin=(0, 0, 0)):
        known = directions.get(stdName)
        return named(stdName, origin) if known is None else cq.Plane(origin, *known)

    cq.Plane.named = classmethod(quick)


def rare_collection() -> None:
    """Has Python look for cycles of garbage seldom: shapes are freed by counting, and a candidate does not live long."""
    gc.set_threshold(50_000, 20, 100)


PATCHES = {patch.__name__: patch for patch in (quick_planes, rare_collection)}


def apply(names: str) -> None:
    """Applies `all`, `none`, or those named, separated by commas."""
    chosen = {"all": list(PATCHES), "none": []}.get(names, [name for name in names.split(",") if name])
    for name in chosen:
        if name not in PATCHES:
            raise ValueError(f"there is no patch {name!r}: known are {', '.join(PATCHES)}")
        PATCHES[name]()
