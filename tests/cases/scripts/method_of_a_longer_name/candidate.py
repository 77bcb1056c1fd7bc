import cadquery as cq
result = cq.Workplane().rect(10, 5).offset(2).extrude(3)
