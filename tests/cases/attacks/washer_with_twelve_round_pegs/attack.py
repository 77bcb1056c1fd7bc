import cadquery as cq


def rod(axis, u, v, diameter, start, end):
    place = {"x": (start, u, v), "y": (u, start, v), "z": (u, v, start)}[axis]
    along = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
    return cq.Solid.makeCylinder(diameter / 2, end - start, cq.Vector(*place), cq.Vector(*along))


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


ring = rod("z", 0, 0, 180, 0, 12).cut(rod("z", 0, 0, 64, 0, 12))
pegs = [rod("z", 74, 0, 26, 11, 30).rotate(cq.Vector(), cq.Vector(0, 0, 1), 30 * index) for index in range(12)]
fixture = assembly(joined(ring, *pegs))
