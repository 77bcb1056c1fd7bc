import cadquery as cq

base_thickness = 60.0
jaw_height = 75.0


def make_base():
    base = cq.Workplane("XY").box(120, 60, base_thickness, centered=(False, True, False))
    return base.faces(">Z").workplane().pushPoints([(-40, 0), (40, 0)]).hole(30)


def make_jaws():
    return cq.Workplane("XY").pushPoints([(5, 0), (115, 0)]).rect(8, 60).extrude(jaw_height)


def make_spindle():
    return cq.Workplane("YZ", origin=(5, 0, 68)).circle(3).extrude(140)


def make_handle():
    return cq.Workplane("XZ", origin=(142, 12, 68)).circle(6).extrude(24)


fixture = make_base().union(make_jaws()).union(make_spindle()).union(make_handle())
