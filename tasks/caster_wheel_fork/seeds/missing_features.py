import cadquery as cq

wheel_diameter = 75


def make_plate():
    return cq.Workplane("XY").box(90, 80, 6).translate((0, 0, 127))


def make_stem():
    return cq.Workplane("XY", origin=(0, 0, 70)).circle(8).extrude(55)


def make_wheel():
    return cq.Workplane("XZ", origin=(0, 14, wheel_diameter / 2)).circle(wheel_diameter / 2).extrude(28)


# A wheel on a stick: no fork, no axle, no holes.
fixture = make_plate().union(make_stem()).union(make_wheel())
