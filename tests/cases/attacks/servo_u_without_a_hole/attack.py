import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


cradle = block(-26, -30, 0, 26, 30, 55).cut(block(-22, -30, 4, 22, 30, 55))
fixture = assembly(joined(cradle, block(22, -30, 51, 40, 30, 55), block(-40, -30, 51, -22, 30, 55)))
