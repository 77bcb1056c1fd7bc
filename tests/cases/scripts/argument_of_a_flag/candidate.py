import cadquery as cq
result = cq.Workplane().rect(32, 30, 8).extrude(4)
