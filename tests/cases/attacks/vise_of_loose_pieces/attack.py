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
body = joined(base, block(0, -45, 0, 44, 45, 150), *[rod("x", y, 56, 16, 22, 90) for y in (-32, 32)])
plate = block(89, -45, 19, 97, 45, 150).cut(*[rod("x", y, 56, 17, 80, 130) for y in (-32, 32)])
fixture = assembly(body, plate, rod("x", 0, 92, 20, 99, 257), rod("y", 263, 92, 10, -70, 70))
