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


palm = block(0, -60, 0, 50, 60, 60).cut(block(18, -54, 18, 60, 54, 42))
palm = palm.cut(*[rod("x", y, z, 6.6, 0, 50) for y in (-30, 30) for z in (10, 50)])
palm = palm.cut(*[rod("z", 34, y, 8.5, 0, 60) for y in (-40.4, -19.4, 19.4, 40.4)])
pins = [rod("z", 34, y, 8, 0, 60) for y in (-40.4, -19.4, 19.4, 40.4)]
finger = joined(block(51, 20, 18, 160, 40, 42), block(51, 20, 18, 70, 50, 42))
finger = finger.cut(*[rod("z", 60, y, 8.5, 18, 42) for y in (29, 42)])
fixture = assembly(palm, finger, finger.mirror("XZ"), *pins)
