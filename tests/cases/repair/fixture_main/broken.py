import cadquery as cq

def make_plate():
    return cq.Workplane("XY").box(60, 40, 6)


def main():
    return make_plate().faces(">Z").workplane().hole(8)
