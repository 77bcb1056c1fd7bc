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


holes = [rod("z", x, y, 4.4, 50, 56) for x in (-33, 33) for y in (-5, 5)]
holes += [rod("z", x, y, 3.4, 0, 5) for x in (-15, 15) for y in (-20, 20)]
frame = block(-26, -30, 0, 26, 30, 55).cut(block(-22, -30, 4, 22, 30, 55))
frame = joined(frame, block(22, -30, 51, 40, 30, 55), block(-40, -30, 51, -22, 30, 55))
fixture = assembly(frame.cut(block(-30, -22, 10, 30, 22, 51), *holes))
