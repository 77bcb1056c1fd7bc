import cadquery as cq

wall = 12.0
inside = 18.0


def make_channel():
    channel = cq.Workplane("XY").box(inside + 2 * wall, 30, 90, centered=(True, True, False))
    return channel.cut(cq.Workplane("XY").box(inside, 30, 90, centered=(True, True, False)).translate((0, 0, 30)))


def make_ears():
    ears = cq.Workplane("XY").pushPoints([(-35, 0), (35, 0)]).rect(30, 30).extrude(1)
    return ears.cut(cq.Workplane("XY").pushPoints([(-40, 0), (40, 0)]).circle(7).extrude(1)).translate((0, 0, 60))


def drill_base(body):
    return body.cut(cq.Workplane("XY").circle(8).extrude(30))


fixture = drill_base(make_channel().union(make_ears()))
