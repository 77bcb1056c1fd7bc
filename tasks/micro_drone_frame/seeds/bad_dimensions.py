import cadquery as cq

plate_size = 150.0
plate_thickness = 20.0
motor_offset = 20.0


def make_plate():
    plate = cq.Workplane("XY").box(plate_size, plate_size, plate_thickness, centered=(True, True, False))
    return plate.faces(">Z").workplane().rect(120, 120, forConstruction=True).vertices().hole(20)


def make_bosses():
    place = cq.Workplane("XY").rect(2 * motor_offset, 2 * motor_offset, forConstruction=True).vertices()
    return place.circle(4).extrude(70)


def make_guards():
    place = cq.Workplane("XY").rect(2 * motor_offset, 2 * motor_offset, forConstruction=True).vertices()
    return place.circle(18).circle(10).extrude(40)


fixture = make_plate().union(make_bosses()).union(make_guards())
