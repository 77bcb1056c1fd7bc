import cadquery as cq

post = cq.Workplane("XY").circle(6).extrude(40)
plate = cq.Workplane("XY").box(60, 40, 100)
fixture = post
