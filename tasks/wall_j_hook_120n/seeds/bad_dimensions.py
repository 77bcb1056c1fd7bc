import cadquery as cq

bar_diameter = 8
plate_thickness = 25


def make_plate():
    plate = cq.Workplane("XY").box(plate_thickness, 40, 100).translate((plate_thickness / 2, 0, 50))
    return plate.faces(">X").workplane().rect(20, 80, forConstruction=True).vertices().hole(3)


def make_hook():
    path = cq.Workplane("XZ").moveTo(20, 60).lineTo(60, 60).radiusArc((60, 100), -20)
    return cq.Workplane("YZ", origin=(20, 0, 60)).circle(bar_diameter / 2).sweep(path)


fixture = make_plate().union(make_hook())
