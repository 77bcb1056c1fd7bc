import cadquery as cq

def make_plate(width):
    return cq.Workplane().box(width, 10, 2)
