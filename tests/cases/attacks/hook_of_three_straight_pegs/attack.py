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


plate = block(0, -45, 0, 8, 45, 180).cut(*[rod("x", y, z, 9, 0, 8) for y in (-30, 30) for z in (20, 160)])
pegs = [rod("z", 73, 0, 22, 23, 110), rod("z", 149, 0, 22, 23, 102)]
fixture = assembly(joined(plate, rod("x", 0, 23, 22, 4, 149), *pegs))
