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


pad = block(0, -14, 0, 45, 14, 4).cut(rod("z", 33, 0, 4.5, 0, 4))
pad = pad.cut(cq.Solid.makeCone(2.25, 4.5, 2.25, cq.Vector(33, 0, 1.75)))
holder = block(2, -14, 0, 22, 14, 22).cut(rod("y", 12, 12.5, 12, -14, 14), block(7.5, -14, 12, 16.5, 14, 22))
fixture = assembly(joined(pad, holder))
