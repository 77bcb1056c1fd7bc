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


strap = rod("y", 0, -50, 180, -19, 19).cut(rod("y", 0, -50, 160, -19, 19), block(-90, -19, -150, 90, 19, 0))
feet = [block(-80, -19, 0, -50, 19, 4), block(50, -19, 0, 80, 19, 4)]
fixture = assembly(joined(strap, *feet).cut(*[rod("z", x, 0, 4.2, 0, 18) for x in (-64, 64)]))
