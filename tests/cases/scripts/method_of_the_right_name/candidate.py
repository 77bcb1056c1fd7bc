import cadquery as cq
result = cq.Workplane().rect(10, 5).offset2D(2).extrude(3)
