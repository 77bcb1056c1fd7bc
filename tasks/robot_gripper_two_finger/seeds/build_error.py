import cadquery as cq

finger_height = 24


def make_palm():
    return cq.Workplane("XY").box(50, 120, 60, centered=(False, True, False))


def make_finger(side):
    finger = cq.Workplane("XY").box(112, 20, finger_height).translate((105, side * 30, 30))
    return finger.edges("|Z").fillet(10.5)


fixture = make_palm().union(make_finger(-1)).union(make_finger(1))
