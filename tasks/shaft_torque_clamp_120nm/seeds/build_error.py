import cadquery as cq

bore = "36 mm"


def make_root():
    return cq.Workplane("XY").box(12, 90, 70, centered=(False, True, False))


def make_boss():
    return cq.Workplane("XZ", origin=(175, 30, 35)).circle(35).circle(bore / 2).extrude(60)


fixture = make_root().union(make_boss())
