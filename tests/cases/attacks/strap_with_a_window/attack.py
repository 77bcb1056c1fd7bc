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


outside = joined(rod("y", 0, 20, 104.9, -40, 40), block(-52.45, -40, 0, 52.45, 40, 20), block(-6, -3, 60, 6, 3, 80))
outside = joined(outside.cut(block(-90, -40, -60, 90, 40, 0)), block(-80, -40, 0, 80, 40, 10))
pipe = [rod("y", 0, 20, 88.9, -40, 40), block(-44.45, -40, 0, 44.45, 40, 20), block(-53, -28, 36, 53, 28, 71)]
holes = [rod("z", x, y, 11, 0, 10) for x in (-68, 68) for y in (-20, 20)]
fixture = assembly(outside.cut(*pipe, *holes))
