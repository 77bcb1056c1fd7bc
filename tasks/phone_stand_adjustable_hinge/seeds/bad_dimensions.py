import cadquery as cq

base_thickness = 35.0
tilt = 70.0


def make_base():
    return cq.Workplane("XY").box(60, 60, base_thickness, centered=(True, False, False))


def make_support():
    plate = cq.Workplane("XY").box(180, 2, 90, centered=(True, True, False))
    return plate.rotate((0, 0, 0), (1, 0, 0), -tilt).translate((0, 20, base_thickness))


def make_lip():
    return cq.Workplane("XY").box(180, 3, 3).translate((0, 20, base_thickness))


fixture = make_base().union(make_support()).union(make_lip())
