import cadquery as cq

def make_plate():
    return cq.Workplane("XY").box(30, 20, 4)


fixture = make_plate()
