import cadquery as cq

bore = 64.0
slot = 20.0
arm_thickness = 4.0


def make_root():
    return cq.Workplane("XY").box(40, 50, 40).translate((20, 0, 35))


def make_arm():
    return cq.Workplane("XY").box(70, arm_thickness, 10).translate((75, 0, 35))


def make_boss():
    boss = cq.Workplane("XZ", origin=(142, 10, 35)).circle(35).circle(bore / 2).extrude(20)
    return boss.cut(cq.Workplane("XY").box(40, 60, slot).translate((170, 0, 35)))


fixture = make_root().union(make_arm()).union(make_boss())
