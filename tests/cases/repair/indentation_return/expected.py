import cadquery as cq

def make_plate():
    plate = cq.Workplane("XY").box(30, 20, 4)
    return plate


fixture = make_plate()
