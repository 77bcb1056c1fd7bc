import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


legs = [block(x - 22, y - 22, 0, x + 22, y + 22, 700) for x in (-408, 0, 408) for y in (-258, 258)]
fixture = assembly(joined(block(-450, -300, 694, 450, 300, 720), block(-430, -280, 130, 430, 280, 150), *legs))
