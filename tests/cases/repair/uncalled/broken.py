import cadquery as cq

def make_plate():
    return cq.Workplane("XY").box(60, 40, 6)


fixture = make_plate.faces(">Z").workplane().hole(8)
