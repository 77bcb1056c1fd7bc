import cadquery as cq
bracket = cq.Workplane().box(1, 2, 3)
