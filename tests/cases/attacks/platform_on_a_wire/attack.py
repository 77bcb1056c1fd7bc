import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


def rod(axis, u, v, diameter, start, end):
    place = {"x": (start, u, v), "y": (u, start, v), "z": (u, v, start)}[axis]
    along = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
    return cq.Solid.makeCylinder(diameter / 2, end - start, cq.Vector(*place), cq.Vector(*along))


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


body = joined(rod("y", 27, 50, 54, -25, 25), block(13, -25, 0, 41, 25, 50), block(110, -40, 84, 180, 40, 90))
body = joined(body, rod("z", 112, 0, 3, 60, 86), rod("x", 0, 62, 3, 45, 113)).cut(rod("y", 27, 50, 31.8, -25, 25))
body = body.cut(block(25, -25, 0, 29, 25, 50), *[rod("x", y, 12, 6.6, 0, 60) for y in (-13, 13)])
fixture = assembly(body.cut(*[rod("z", x, y, 5.5, 84, 90) for x in (122, 168) for y in (-28, 28)]))
