"""Speed-ups of CadQuery that leave results unchanged, byte for byte. Each patch can be left out by name.

`tests/it/executor/patches.rs` proves each patch: all shipped scripts give the same STL with and without it.
"""

import gc

import cadquery as cq


def quick_planes() -> None:
    """Builds only the requested plane in `Plane.named` instead of all twelve: a third of the time of some scripts."""
    named = cq.Plane.named
    planes = ("XY", "YZ", "ZX", "XZ", "YX", "ZY", "front", "back", "left", "right", "top", "bottom")
    directions = {name: (named(name).xDir.toTuple(), named(name).zDir.toTuple()) for name in planes}

    def quick(cls, stdName, origin=(0, 0, 0)):
        known = directions.get(stdName)
        return named(stdName, origin) if known is None else cq.Plane(origin, *known)

    cq.Plane.named = classmethod(quick)


def rare_collection() -> None:
    """Makes garbage collection rare: reference counting frees shapes, and a candidate runs only briefly."""
    gc.set_threshold(50_000, 20, 100)


PATCHES = {patch.__name__: patch for patch in (quick_planes, rare_collection)}


def apply(names: str) -> None:
    """Applies `all`, `none`, or the named patches, separated by commas."""
    chosen = {"all": list(PATCHES), "none": []}.get(names, [name for name in names.split(",") if name])
    for name in chosen:
        if name not in PATCHES:
            raise ValueError(f"unknown patch {name!r}: known are {', '.join(PATCHES)}")
        PATCHES[name]()
