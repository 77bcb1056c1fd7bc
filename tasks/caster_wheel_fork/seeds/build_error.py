import cadquery as cq

wheel_diameter = 75


def make_plate():
    plate = cq.Workplane("XY").box(90, 80, 6).translate((0, 0, 127))
    return plate.faces(">Z").workplane().rect(66, 58, forConstruction=True).vertices().hole(8.5)


def make_wheel():
    return cq.Workplane("XZ", origin=(0, 14, wheel_diameter / 2)).torus(30, 8)


fixture = make_plate().union(make_wheel())
