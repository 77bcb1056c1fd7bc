"""Finds why the kernel failed: the largest size that works, the failing edge, the coinciding points.

Tests small parts only and a fixed number of times, so that equal scripts get equal messages. A test that crashes the kernel
ends the run as a crash on the same line.
"""

import cadquery as cq

from cadforge_advice import point

# Bounds of the search for a size, and its number of attempts: each costs about as much as the failed call.
SEARCHED_EDGES, SEARCHED_FACES, SEARCHES = 24, 200, 6

# Hollowing costs more, and the kernel's offsets of free-form faces may take minutes.
HOLLOWED_FACES, HOLLOWED = 24, ("PLANE", "CYLINDER", "CONE", "SPHERE", "TORUS")

# Curves whose corners the kernel can round and cut in 2D.
_CORNERS = ("LINE", "CIRCLE")

# Distance in mm below which the kernel takes points as one.
SAME = 1e-7


def of(name: str, frame, values, error) -> str | None:
    """Explains why a call of `name` failed; None if the cause is not found."""
    if name in ("fillet", "chamfer"):
        return _of_edges(name, frame, error)
    if name in ("shell", "hollow"):
        return _of_shell(frame)
    if name in ("fillet2D", "chamfer2D"):
        return _of_corners(frame)
    if name in ("polyline", "spline", "splineApprox"):
        return _of_points(name, values, bool(frame.f_locals.get("includeCurrent")))
    if name == "assemble":
        return _of_sketch(frame)
    return None


def edges_of(frame) -> list:
    """The edges that a call received."""
    for name in ("edgeList", "edges", "e"):
        found = frame.f_locals.get(name)
        if isinstance(found, list | tuple) and found and all(isinstance(edge, cq.Edge) for edge in found):
            return list(found)
    return []


def _largest(high, holds):
    """The largest size below `high` for which `holds` is true, by bisection; None if there is none."""
    low = 0.0
    for _ in range(SEARCHES):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _try(holds, middle) else (low, middle)
    return low or None


def _try(holds, size) -> bool:
    try:
        return holds(size)
    except Exception:
        return False


def _of_edges(name, frame, error) -> str | None:
    solid = frame.f_locals.get("solid", frame.f_locals.get("self"))
    edges = edges_of(frame)
    size = frame.f_locals.get("radius" if name == "fillet" else "length")
    second = frame.f_locals.get("length2")
    if not isinstance(solid, cq.Shape) or not edges or not isinstance(size, int | float) or size <= 0:
        return None
    if len(edges) > SEARCHED_EDGES or len(solid.Faces()) > SEARCHED_FACES:
        return None

    def made(size_now, chosen):
        if name == "fillet":
            return solid.fillet(size_now, chosen)
        return solid.chamfer(size_now, second * size_now / size if second else None, chosen)

    smooth, failing = [], []
    if "no suitable edges" in str(error):
        smooth = edges
    elif (largest := _largest(float(size), lambda now: made(now, edges).isValid())) is not None:
        return f"the largest that works there is about {largest:.3g}"
    else:
        for edge in edges:
            try:
                if not made(size, [edge]).isValid():
                    failing.append(edge)
            except Exception as alone:
                (smooth if "no suitable edges" in str(alone) else failing).append(edge)
    if len(smooth) == len(edges):
        return "no faces meet at an angle there, as at the seam of a cylinder, on an edge that is rounded already or one of another part: select an edge with a corner"
    joined = f"; {len(smooth)} others are smooth already" if smooth else ""
    if failing and len(failing) + len(smooth) < len(edges):
        return f"{len(failing)} fail even alone, first {_edge(failing[0])}{joined}: select fewer edges or a smaller size"
    if failing:
        return f"no smaller size works either, and {_edge(failing[0])} fails even alone{joined}: select other edges, or call it before the cut or union that made them"
    return "each works alone, but not all together: use one call for each"


def _edge(edge) -> str:
    start, end = edge.startPoint(), edge.endPoint()
    if (end - start).Length > SAME:
        return f"the edge from {point(start)} to {point(end)}"
    return f"the {edge.geomType()} through {point(start)}"


def _of_shell(frame) -> str | None:
    owner = frame.f_locals.get("self")
    thickness = frame.f_locals.get("thickness")
    if not isinstance(thickness, int | float) or thickness == 0:
        return None
    if isinstance(owner, cq.Workplane):
        solid, faces = owner.findSolid(), [face for face in owner.objects if isinstance(face, cq.Face)]
    else:
        solid, faces = owner, list(frame.f_locals.get("faceList") or [])
    all_faces = solid.Faces()
    if len(all_faces) > HOLLOWED_FACES or any(face.geomType() not in HOLLOWED for face in all_faces):
        kinds = sorted({face.geomType() for face in all_faces} - set(HOLLOWED))
        what = f"it has faces of type {', '.join(kinds)}, which the kernel often cannot offset" if kinds else "a radius or a wall is smaller"
        return f"{what}: make the hollow by cutting a smaller copy of the part from it"
    sign = 1.0 if thickness > 0 else -1.0
    largest = _largest(abs(float(thickness)), lambda now: solid.hollow(faces, sign * now, kind=frame.f_locals.get("kind", "arc")).isValid())
    if largest is not None:
        return f"the largest that works there is about {sign * largest:.3g}"
    return "no smaller thickness works either: make the hollow by cutting a smaller copy of the part from it"


def _of_corners(frame) -> str | None:
    owner, vertices = frame.f_locals.get("self"), frame.f_locals.get("vertices")
    if not isinstance(owner, cq.Shape) or not vertices:
        return None
    around = owner._entitiesFrom("Vertex", "Edge")
    shortest = None
    for vertex in vertices:
        edges = list(around[vertex]) if vertex in around else []
        at = point(cq.Vector(*vertex.toTuple()))
        if len(edges) < 2:
            return f"{at} is not a corner between two edges"
        odd = [edge.geomType() for edge in edges if edge.geomType() not in _CORNERS]
        if odd:
            return f"only corners between lines and arcs of circles can be cut or rounded, and at {at} meets a {odd[0]}"
        length = min(edge.Length() for edge in edges)
        if shortest is None or length < shortest[0]:
            shortest = length, at
    return f"the shortest edge at those corners is {shortest[0]:.4g} long, at {shortest[1]}: it must be longer than the part that is removed"


def _of_points(name, values, from_current) -> str | None:
    points = next((value for _, value, _ in values if isinstance(value, list | tuple)), None)
    if points is None:
        return None
    try:
        places = [cq.Vector(one) for one in points]
    except Exception:
        return None
    if len(places) + from_current < 2:
        return f"{len(places)} point is too few: give two or more, or `includeCurrent=True` to begin where the last edge ends"
    for index in range(1, len(places)):
        if (places[index] - places[index - 1]).Length < SAME:
            return f"points {index - 1} and {index}, counted from 0, are both {point(places[index])}: leave one out"
    return None


def _of_sketch(frame) -> str | None:
    edges = getattr(frame.f_locals.get("self"), "_edges", None)
    if not isinstance(edges, list):
        return None
    for index, edge in enumerate(edges, 1):
        try:
            length = edge.Length()
        except Exception:
            length = 0.0
        if length < SAME:
            return f"edge {index} of {len(edges)} has no length, as `.close()` adds to an outline that is closed already: leave it out"
    return "the edges do not join to closed outlines"
