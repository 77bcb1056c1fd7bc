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


wedge = prism("XZ", [(0, 0), (0, 180), (220, 180), (220, 168), (12, 0)], -30, 30)
wedge = wedge.cut(*[rod("x", y, z, 7, 0, 220) for y in (-18, 18) for z in (30, 130)])
fixture = assembly(wedge.cut(*[rod("z", x, y, 5, 0, 180) for x in (60, 190) for y in (-18, 18)]))
