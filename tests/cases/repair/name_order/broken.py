import cadquery as cq

fixture = make_plate()


def make_plate():
    return cq.Workplane("XY").box(60, 40, 6)
