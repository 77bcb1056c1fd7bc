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


lugs = [block(x - 5, 50, 4, x + 5, 86, 37) for x in (-27, 27)]
bore = rod("x", 68, 26, 8.5, -40, 40)
lean = [(66, 26), (72, 26), (119, 160), (113, 160)]
cross = [(80, 72), (88, 72), (95, 92), (87, 92)]
pieces = [prism("YZ", lean, -20, 20), prism("YZ", cross, -38, 38), block(-38, 55, 41, 38, 78, 45)]
support = joined(rod("x", 68, 26, 18, -21.5, 21.5), *pieces).cut(bore)
pin = joined(rod("x", 68, 26, 8, -36, 33), rod("x", 68, 26, 15, 32.25, 39))
fixture = assembly(joined(block(-60, 0, 0, 60, 120, 8), *lugs).cut(bore), support, pin)
