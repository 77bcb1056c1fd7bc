import cadquery as cq

arm_height = 6


def make_plate():
    return cq.Workplane("XY").box(56, 56, 4, centered=(True, True, False))


def make_arms():
    arm = cq.Workplane("XY").box(250, 10, arm_height, centered=(True, True, False))
    return arm.rotate((0, 0, 0), (0, 0, 1), 45).union(arm.rotate((0, 0, 0), (0, 0, 1), -45))


def make_bosses():
    return cq.Workplane("XY").rect(98, 98, forConstruction=True).vertices().circle(10).extrude(9)


# Open propellers and nothing to screw anything to.
fixture = make_plate().union(make_arms()).union(make_bosses())
