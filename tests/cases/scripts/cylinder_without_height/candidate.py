import cadquery as cq
result = cq.Workplane().cylinder(0, 5)
