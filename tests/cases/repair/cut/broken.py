import cadquery as cq

def make_plate():
    return cq.Workplane("XY").box(60, 40, 6)


def make_post():
    return cq.Workplane("XY").circle(6).extrude(40)


plate = make_plate()
fixture = plate.union(make_post()).faces("
