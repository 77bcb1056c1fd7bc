import cadquery as cq

base_thickness = 16


def make_base():
    return cq.Workplane("XY").box(200, 140, base_thickness, centered=(False, True, False))


def make_jaws():
    jaws = cq.Workplane("XY").pushPoints([(22, 0), (107, 0)]).rect(40, 90).extrude(150)
    return jaws


def make_spindle():
    return cq.Workplane("YZ", origin=(107, 0, 92)).circle(10).extrude(173)


# Jaws fixed to the base: no rails, no bracket, no handle, no mounting holes.
fixture = make_base().union(make_jaws()).union(make_spindle())
