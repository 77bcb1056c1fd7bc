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


can = rod("z", 0, 0, 80, 0, 124).cut(rod("z", 0, 0, 74, 4, 124), rod("z", 0, 0, 48, 0, 4))
body = joined(can, block(-45, -11, 0, -35, 11, 150).cut(rod("z", 0, 0, 74, 4, 150)))
fixture = assembly(body.cut(*[rod("x", 0, z, 5.5, -45, -30) for z in (43, 107)]))
