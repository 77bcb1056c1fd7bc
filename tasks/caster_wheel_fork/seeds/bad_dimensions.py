import cadquery as cq

wheel_diameter = 30.0
plate_thickness = 40.0


def make_plate():
    plate = cq.Workplane("XY").box(50, 120, plate_thickness).translate((0, 0, 80))
    return plate.faces(">Z").workplane().rect(30, 90, forConstruction=True).vertices().hole(18)


def make_fork():
    return cq.Workplane("XY").pushPoints([(0, -40), (0, 40)]).rect(8, 3).extrude(70)


def make_axle():
    return cq.Workplane("XZ", origin=(0, 45, 15)).circle(1.5).extrude(90)


def make_wheel():
    return cq.Workplane("XZ", origin=(0, 35, 15)).circle(wheel_diameter / 2).extrude(70)


fixture = make_plate().union(make_fork()).union(make_axle()).union(make_wheel())
