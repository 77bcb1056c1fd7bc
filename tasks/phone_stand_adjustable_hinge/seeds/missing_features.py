import cadquery as cq

base_thickness = 8


def make_base():
    return cq.Workplane("XY").box(120, 120, base_thickness, centered=(True, False, False))


def make_support():
    plate = cq.Workplane("XY").box(76, 6, 160, centered=(True, True, False))
    return plate.rotate((0, 0, 0), (1, 0, 0), -20).translate((0, 60, 4))


# A fixed plate: no hinge, no lip, no stops.
fixture = make_base().union(make_support())
