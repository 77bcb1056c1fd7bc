import cadquery as cq

thickness = 6


def make_wall_plate():
    return cq.Workplane("XY").box(thickness, 60, 180, centered=(False, True, False))


def make_arm():
    return cq.Workplane("XY", origin=(0, 0, 174)).box(220, 60, thickness, centered=(False, True, False))


# Neither diagonal nor holes.
fixture = make_wall_plate().union(make_arm())
