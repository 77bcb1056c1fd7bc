import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


def rod(axis, u, v, diameter, start, end):
    place = {"x": (start, u, v), "y": (u, start, v), "z": (u, v, start)}[axis]
    along = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
    return cq.Solid.makeCylinder(diameter / 2, end - start, cq.Vector(*place), cq.Vector(*along))


def prism(plane, outline, start, end):
    origin = {"XY": (0, 0, start), "XZ": (0, end, 0), "YZ": (start, 0, 0)}[plane]
    return cq.Workplane(plane, origin=origin).polyline(outline).close().extrude(end - start).val()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


outline = [(0, 23), (13, 0), (41, 0), (54, 36), (110, 58), (168, 78), (180, 84), (180, 90), (110, 90), (27, 77), (0, 65)]
slab = prism("XZ", outline, -40, 40).cut(rod("y", 27, 50, 31.8, -40, 40), block(25, -40, 0, 29, 40, 50))
slab = slab.cut(*[rod("x", y, 12, 6.6, 0, 60) for y in (-13, 13)])
fixture = assembly(slab.cut(*[rod("z", x, y, 5.5, 50, 90) for x in (122, 168) for y in (-28, 28)]))
