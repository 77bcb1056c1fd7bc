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


legs = [block(x - 20, y - 20, 0, x + 20, y + 20, 430) for x in (-290, 290) for y in (20, 630)]
back = prism("YZ", [(470, 420), (492, 420), (640, 1120), (618, 1120)], -130, 130)
fixture = assembly(joined(block(-310, 0, 418, 310, 650, 440), back, *legs))
