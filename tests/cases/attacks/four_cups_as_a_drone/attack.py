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


motors = [(x, y) for x in (-49, 49) for y in (-49, 49)]
pieces = [rod("z", x, y, 82, 0, 28).cut(rod("z", x, y, 78, 0, 28)) for x, y in motors]
pieces += [rod("z", x, y, 82, 0, 3) for x, y in motors] + [rod("z", x, y, 20, 0, 9) for x, y in motors]
drills = [rod("z", x, y, 6, 0, 30) for x, y in motors]
drills += [rod("z", x, y, 3.2, 0, 30) for x in (-15.25, 15.25) for y in (-15.25, 15.25)]
drills += [rod("z", x + u, y + v, 2.2, 0, 30) for x, y in motors for u, v in ((6, 0), (0, 6), (-6, 0), (0, -6))]
fixture = assembly(joined(block(-28, -28, 0, 28, 28, 4), *pieces).cut(*drills))
