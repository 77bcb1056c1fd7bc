import cadquery as cq

inner = 18.0
wall = 14.0


def make_tube():
    tube = cq.Workplane("XY").circle(inner + wall).circle(inner).extrude(220)
    return tube.cut(cq.Workplane("XY").box(60, 30, 150).translate((30, 0, 120)))


def make_strip():
    strip = cq.Workplane("XY").box(10, 60, 60, centered=(False, True, False)).translate((-38, 0, 0))
    return strip.cut(cq.Workplane("YZ", origin=(-38, 0, 30)).pushPoints([(-25, 0), (25, 0)]).circle(6).extrude(10))


fixture = make_tube().union(make_strip())
