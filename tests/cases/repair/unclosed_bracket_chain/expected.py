import cadquery as cq

def make_post():
    return cq.Workplane("XY").circle(5).extrude(40)


plate = cq.Workplane("XY").box(60, 60, 6)
fixture = plate.union(make_post())
