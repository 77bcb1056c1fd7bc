import cadquery as cq


def rod(axis, u, v, diameter, start, end):
    place = {"x": (start, u, v), "y": (u, start, v), "z": (u, v, start)}[axis]
    along = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
    return cq.Solid.makeCylinder(diameter / 2, end - start, cq.Vector(*place), cq.Vector(*along))


def prism(plane, outline, start, end):
    origin = {"XY": (0, 0, start), "XZ": (0, end, 0), "YZ": (start, 0, 0)}[plane]
    return cq.Workplane(plane, origin=origin).polyline(outline).close().extrude(end - start).val()


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


outline = [(8, 26), (28, 10), (130, 138), (230, 87), (242, 105), (130, 174)]
discs = [rod("y", 18, 18, 36, -12, 12), rod("y", 236, 96, 48, -7, 7), rod("y", 130, 158, 44, -7, 7)]
holes = [rod("y", 18, 18, 10, -12, 12), rod("y", 236, 96, 20, -7, 7), rod("y", 130, 158, 10, -7, 17)]
arm = joined(prism("XZ", outline, -7, 7), *discs).cut(*holes)
washer = rod("y", 130, 158, 44, 7.5, 16.5).cut(holes[2])
pin = joined(rod("y", 130, 158, 9.6, -40, 40), rod("y", 130, 158, 36, -40, -7.5), rod("y", 130, 158, 18, 17, 26))
fixture = assembly(arm, washer, pin)
