import cadquery as cq

plate = cq.Workplane("XY").box(60, 40, 6)
post = cq.Workplane("XY").circle(6).extrude(40)
rib = cq.Workplane("XY").box(4, 40, 20)
fixture = plate.union([post, rib])
