import cadquery as cq

plate = cq.Workplane("XY").box(60, 40, 6)
post = cq.Workplane("XY").circle(6).extrude(40)
fixture = plate.val().union(post)
