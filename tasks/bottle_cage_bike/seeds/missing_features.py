import cadquery as cq

inner = 37


def make_tube():
    return cq.Workplane("XY").circle(inner + 3).circle(inner).extrude(110)


def make_floor():
    return cq.Workplane("XY").circle(inner + 3).extrude(4)


def make_strip():
    strip = cq.Workplane("XY").box(8, 22, 150, centered=(False, True, False)).translate((-45, 0, 0))
    return strip


# A closed tube without arms, lip or mounting holes.
fixture = make_tube().union(make_floor()).union(make_strip())
