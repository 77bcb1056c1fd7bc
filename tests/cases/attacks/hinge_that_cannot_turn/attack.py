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


plate = block(-50, -35, 0, 50, 35, 3).cut(*[rod("z", x, y, 5, 0, 3) for x in (-34, 0, 34) for y in (-20, 20)])
body = joined(plate, rod("x", 0, 6, 12, -50, 50)).cut(rod("x", 0, 6, 6.4, -50, 50), block(-50, 6.1, 0, 50, 6.5, 3))
grooves = [block(x - 0.2, -7, 3.5, x + 0.2, 7, 13) for x in (-30.12, -10.04, 10.04, 30.12)]
fixture = assembly(*body.cut(*grooves).Solids(), rod("x", 0, 6, 6, -50, 50))
