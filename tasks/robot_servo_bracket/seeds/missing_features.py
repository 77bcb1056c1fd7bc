import cadquery as cq

wall = 4


def make_channel():
    channel = cq.Workplane("XY").box(52, 60, 55, centered=(True, True, False))
    return channel.cut(cq.Workplane("XY").box(44, 60, 55, centered=(True, True, False)).translate((0, 0, wall)))


def make_ears():
    return cq.Workplane("XY").pushPoints([(-32, 0), (32, 0)]).rect(16, 60).extrude(wall).translate((0, 0, 51))


# No holes, no notch, no ribs.
fixture = make_channel().union(make_ears())
