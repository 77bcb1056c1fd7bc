import cadquery as cq

plate_thickness = 30
arm_length = 90


def make_wall_plate():
    plate = cq.Workplane("XY").box(plate_thickness, 120, 90, centered=(False, True, False))
    return plate.faces(">X").workplane().rect(90, 30, forConstruction=True).vertices().hole(16)


def make_arm():
    return cq.Workplane("XY", origin=(0, 0, 60)).box(arm_length, 120, 30, centered=(False, True, False))


def make_rib():
    return cq.Workplane("XZ").polyline([(20, 10), (80, 70), (20, 70)]).close().extrude(2, both=True)


fixture = make_wall_plate().union(make_arm()).union(make_rib())
