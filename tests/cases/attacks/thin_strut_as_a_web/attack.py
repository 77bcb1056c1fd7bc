import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


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


angle = joined(block(0, -30, 0, 6, 30, 180), block(0, -30, 174, 220, 30, 180))
holes = [rod("x", y, z, 7, 0, 6) for y in (-18, 18) for z in (30, 130)]
holes += [rod("z", x, y, 5, 174, 180) for x in (60, 190) for y in (-18, 18)]
strut = prism("XZ", [(3, 12), (3, 24), (204, 177), (212, 177), (212, 168)], -2, 2)
fixture = assembly(joined(angle, strut, block(3, -4, 150, 40, 4, 177)).cut(*holes))
