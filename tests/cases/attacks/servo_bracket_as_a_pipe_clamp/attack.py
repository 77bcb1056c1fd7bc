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


hat = block(-52.5, -40, 0, 52.5, 40, 80).cut(block(-44.5, -40, 0, 44.5, 40, 72))
body = joined(hat, block(-80, -40, 0, -44.5, 40, 10), block(44.5, -40, 0, 80, 40, 10))
fixture = assembly(body.cut(*[rod("z", x, y, 11, 0, 10) for x in (-68, 68) for y in (-20, 20)]))
