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


plate = block(-45, -40, 124, 45, 40, 130).cut(*[rod("z", x, y, 8.5, 124, 130) for x in (-33, 33) for y in (-29, 29)])
wheel = joined(rod("y", -7, 37.5, 75, -14, 14), rod("y", -7, 37.5, 10, -30, 30))
fixture = assembly(joined(plate, wheel, rod("z", 0, 0, 24, 65, 125)))
