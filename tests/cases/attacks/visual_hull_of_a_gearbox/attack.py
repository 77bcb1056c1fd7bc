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


spots = [(x, y) for x in (-104, 7, 104) for y in (-80, 80)] + [(x, y) for x in (-120, 120) for y in (-34, 34)]
bores = [rod("y", -52, 80, 62, -90, 90), rod("y", 58, 80, 47, -90, 90), *[rod("z", x, y, 9, 70, 90) for x, y in spots]]
bosses = [rod("y", -52, 80, 82, -88, 88), rod("y", 58, 80, 67, -88, 88)]
whole = joined(block(-111, -68, 0, 111, 68, 160), block(-130, -90, 70, 130, 90, 90), rod("x", 0, 24, 28, -126, -105), *bosses)
whole = joined(whole, *[block(x - 4, -80, 0, x + 4, 80, 148) for x in (-52, 58)]).cut(*bores)
fixture = assembly(*[whole.intersect(block(-130, -90, low, 130, 90, high)) for low, high in ((0, 79.8), (80.2, 160))])
