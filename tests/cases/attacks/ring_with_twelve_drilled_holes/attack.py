import cadquery as cq


def rod(axis, u, v, diameter, start, end):
    place = {"x": (start, u, v), "y": (u, start, v), "z": (u, v, start)}[axis]
    along = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
    return cq.Solid.makeCylinder(diameter / 2, end - start, cq.Vector(*place), cq.Vector(*along))


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


ring = rod("z", 0, 0, 180, 0, 30).cut(rod("z", 0, 0, 64, 0, 30), rod("z", 0, 0, 98, 12, 30))
holes = [rod("z", 74, 0, 22, 12, 30).rotate(cq.Vector(), cq.Vector(0, 0, 1), 30 * index + 15) for index in range(12)]
fixture = assembly(ring.cut(*holes))
