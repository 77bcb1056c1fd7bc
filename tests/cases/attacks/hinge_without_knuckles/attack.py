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


def leaf(side):
    plate = block(-50, 6.5, 0, 50, 35, 3).cut(*[rod("z", x, 20, 5, 0, 3) for x in (-34, 0, 34)])
    return plate if side > 0 else plate.mirror("XZ")


barrel = joined(rod("x", 0, 6, 12, -50, 50), block(-50, 3, 0, 50, 7, 3), leaf(1)).cut(rod("x", 0, 6, 6.4, -50, 50))
fixture = assembly(barrel, leaf(-1), rod("x", 0, 6, 6, -50, 50))
