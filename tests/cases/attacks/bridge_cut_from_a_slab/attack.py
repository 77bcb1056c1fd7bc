import cadquery as cq


def rod(axis, u, v, diameter, start, end):
    place = {"x": (start, u, v), "y": (u, start, v), "z": (u, v, start)}[axis]
    along = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
    return cq.Solid.makeCylinder(diameter / 2, end - start, cq.Vector(*place), cq.Vector(*along))


def prism(plane, outline, start, end):
    origin = {"XY": (0, 0, start), "XZ": (0, end, 0), "YZ": (start, 0, 0)}[plane]
    return cq.Workplane(plane, origin=origin).polyline(outline).close().extrude(end - start).val()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


half = [(80, 0), (48, 0), (48, 4), (55, 4), (55, 24), (40, 28), (0, 30)]
outer = [(0, 40), (40, 38), (73, 31), (73, 4), (80, 4)]
outline = half + [(-x, z) for x, z in half[-2::-1]] + [(-x, z) for x, z in outer[::-1]] + outer[1:]
fixture = assembly(prism("XZ", outline, -19, 19).cut(*[rod("z", x, 0, 4.2, 0, 18) for x in (-64, 64)]))
