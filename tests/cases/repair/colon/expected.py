import cadquery as cq

def make_plate(width):
    return cq.Workplane("XY").box(width, 20, 4)


fixture = make_plate(30)
