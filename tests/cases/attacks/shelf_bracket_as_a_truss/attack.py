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


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


plate = block(0, -40, 0, 8, 40, 130).cut(*[rod("x", y, z, 8, 0, 8) for y in (-20, 20) for z in (12, 118)])
web = prism("XZ", [(4, 10), (4, 126), (250, 126), (250, 110)], -4, 4)
web = web.cut(prism("XZ", [(20, 40), (20, 112), (150, 112)], -4, 4))
body = joined(plate, block(0, -40, 122, 260, 40, 130), web, rod("y", 246, 116, 28, -40, 40))
fixture = assembly(body.cut(rod("y", 246, 116, 12, -40, 40)))
