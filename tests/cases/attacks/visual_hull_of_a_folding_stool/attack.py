import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


def prism(plane, outline, start, end):
    origin = {"XY": (0, 0, start), "XZ": (0, end, 0), "YZ": (start, 0, 0)}[plane]
    return cq.Workplane(plane, origin=origin).polyline(outline).close().extrude(end - start).val()


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


def cross(start, end):
    slope = (end - start) / 459.4
    outline = [(start, 0), (start + 36, 0), (start + 36 + slope * 460, 460), (start + slope * 460, 460)]
    return prism("YZ", outline, -210, 210)


boards = [block(-210, 24, 200, 210, 160, 220), block(-210, 0, 460, 210, 360, 480)]
gaps = [block(-172, -5, low, 172, 365, high) for low, high in ((0, 45), (75, 198), (222, 425))]
fixture = assembly(joined(cross(0, 324), cross(324, 0), *boards).cut(*gaps))
