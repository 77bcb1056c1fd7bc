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
ring = rod("y", 111, 61, 98, -11, 11).cut(rod("y", 111, 61, 54, -11, 11), block(0, -11, 61, 160, 11, 200))
straight = [block(4, -11, 127, 84, 11, 149), block(62, -11, 60, 84, 11, 149), block(138, -11, 60, 160, 11, 102)]
fixture = assembly(joined(plate, ring, *straight))
