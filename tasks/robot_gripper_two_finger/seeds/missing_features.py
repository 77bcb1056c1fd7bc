import cadquery as cq

finger_height = 24


def make_palm():
    return cq.Workplane("XY").box(50, 120, 60, centered=(False, True, False))


def make_fingers():
    fingers = cq.Workplane("XY").pushPoints([(105, -30), (105, 30)]).rect(112, 20).extrude(finger_height)
    return fingers.translate((0, 0, 18))


# Rigid prongs: no links, pivots, pads or mounting holes.
fixture = make_palm().union(make_fingers())
