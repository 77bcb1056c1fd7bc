import cadquery as cq

thickness = 40.0
width = 150.0


def make_platform():
    plate = cq.Workplane("XY").box(width, 300, thickness).translate((0, 150, 30))
    return plate.cut(cq.Workplane("XY").pushPoints([(0, 80), (0, 220)]).slot2D(40, 4).extrude(80))


def make_legs():
    return cq.Workplane("XY").pushPoints([(-60, 290), (60, 290)]).rect(6, 6).extrude(40)


def make_stop():
    return cq.Workplane("XY").box(width, 40, 70).translate((0, 20, 60))


fixture = make_platform().union(make_legs()).union(make_stop())
