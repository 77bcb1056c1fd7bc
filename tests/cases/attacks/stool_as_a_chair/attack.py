import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


legs = [block(x - 19, y - 19, 0, x + 19, y + 19, 430) for x in (-213, 213) for y in (37, 421)]
bars = [block(-213, y - 9, 245, 213, y + 9, 275) for y in (37, 421)]
bars += [block(x - 9, 37, 175, x + 9, 421, 205) for x in (-213, 213)]
fixture = assembly(joined(block(-250, 0, 426, 250, 440, 450), *legs, *bars))
