import cadquery as cq

def make_wall_plate():
    return cq.Workplane("XY").box(6, 60, 180, centered=(False, True, False))

def make_arm():
    return (
        cq.Workplane("XY", origin=(0, 0, 174))
        .box(220, 60, 6, centered=(False, True, False)

fixture = make_wall_plate().union(make_arm())
