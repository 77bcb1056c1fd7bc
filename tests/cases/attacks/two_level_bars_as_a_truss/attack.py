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


plate = block(0, -40, 0, 8, 40, 130).cut(*[rod("x", y, z, 8, 0, 8) for y in (-20, 20) for z in (12, 118)])
bars = [block(4, y, z, 249, y + 7, z + 11) for y in (-40, 33) for z in (60, 119)]
bars += [block(239, y, 60, 249, y + 7, 125) for y in (-40, 33)]
bars += [rod("y", x, z, 9, -40, 40) for x in (86, 162) for z in (65, 124)]
fixture = assembly(joined(plate, rod("y", 246, 116, 28, -40, 40), *bars).cut(rod("y", 246, 116, 12, -40, 40)))
