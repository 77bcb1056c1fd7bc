import cadquery as cq

width = 40.0
depth = 30.0
height = 60.0


def make_block():
    return cq.Workplane("XY").box(width, depth, height)


def make_bore():
    return cq.Workplane("XY").circle(8.0).extrude(2 * height, both=True)


fixture = make_block().cut(make_bore())
