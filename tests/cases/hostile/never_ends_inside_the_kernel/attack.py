import cadquery as cq
w = cq.Workplane().rarray(2, 2, 400, 400).circle(1.2).extrude(5)
fixture = w
