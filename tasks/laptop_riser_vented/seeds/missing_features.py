import cadquery as cq

thickness = 8


def make_platform():
    outline = [(0, 12), (240, 112), (240, 120), (0, 20)]
    return cq.Workplane("YZ", origin=(-160, 0, 0)).polyline(outline).close().extrude(320)


def make_back():
    return cq.Workplane("XY").box(320, 20, 112, centered=(True, False, False)).translate((0, 220, 0))


# No vents, rails or stop; a wall instead of legs.
fixture = make_platform().union(make_back())
