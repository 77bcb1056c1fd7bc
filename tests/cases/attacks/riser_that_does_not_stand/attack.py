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


slots = [block(-100, 120 + 36 * index - 7, 0, 100, 120 + 36 * index + 7, 130) for index in range(-2, 3)]
plate = prism("YZ", [(0, 12), (240, 112), (240, 120), (0, 20)], -160, 160).cut(*slots)
legs = [block(x - 20, 220, 15, x + 20, 240, 114) for x in (-140, 140)]
fixture = assembly(joined(plate, block(-160, 0, 10, 160, 8, 36), *legs))
