import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


def prism(plane, outline, start, end):
    origin = {"XY": (0, 0, start), "XZ": (0, end, 0), "YZ": (start, 0, 0)}[plane]
    return cq.Workplane(plane, origin=origin).polyline(outline).close().extrude(end - start).val()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


outline = [(0, 0), (28, 0), (220, 80), (220, 0), (240, 0), (240, 120), (8, 23), (8, 36), (0, 36)]
slots = [block(-100, 120 + 36 * index - 7, 0, 100, 120 + 36 * index + 7, 130) for index in range(-2, 3)]
fixture = assembly(prism("YZ", outline, -160, 160).cut(*slots))
