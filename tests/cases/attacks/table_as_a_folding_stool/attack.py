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


def trestle(y):
    return [block(x - 9, y - 18, 0, x + 9, y + 18, 459.4) for x in (-201, 201)] + [rod("x", y, 60, 20, -200, 200)]


front = joined(block(-200, 20, 200, 200, 160, 220), *trestle(18))
rear = joined(rod("x", 342, 440, 12, -200, 200), *trestle(342))
knuckles = [joined(rod("x", 342, 440, 26, x, x + 60), block(x, 329, 440, x + 60, 355, 461)) for x in (-140, 80)]
top = joined(block(-210, 0, 460, 210, 360, 480), *knuckles).cut(rod("x", 342, 440, 12.8, -200, 200))
fixture = assembly(front, rear, top)
