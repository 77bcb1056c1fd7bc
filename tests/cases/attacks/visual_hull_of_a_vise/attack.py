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


base = block(0, -70, 0, 200, 70, 16).cut(*[rod("z", x, y, 11, 0, 16) for x in (50, 150) for y in (-58, 58)])
pieces = [block(0, -45, 0, 44, 45, 150), block(89, -45, 17, 125, 45, 150), block(174, -45, 0, 200, 45, 116)]
pieces += [block(40, -40, 48, 180, 40, 64), block(103, -16, 76, 280, 16, 108), rod("y", 263, 92, 10, -70, 70)]
fixture = assembly(joined(base, *pieces))
