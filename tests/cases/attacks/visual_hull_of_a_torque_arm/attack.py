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


root = block(0, -45, 0, 12, 45, 70).cut(*[rod("x", y, z, 9, 0, 12) for y in (-40, 40) for z in (12, 58)])
beam = prism("XY", [(0, -35), (175, -25), (175, 25), (0, 35)], 0, 70)
body = joined(root, beam, rod("y", 175, 35, 70, -30, 30), block(175, -30, 15, 240, 30, 55))
body = body.cut(rod("y", 175, 35, 36, -30, 30), block(175, -30, 33, 240, 30, 37))
body = body.cut(block(26, -50, 20, 74, 50, 50), block(84, -50, 20, 132, 50, 50))
fixture = assembly(body.cut(*[rod("z", 226, y, 8.5, 0, 70) for y in (-16, 16)]))
