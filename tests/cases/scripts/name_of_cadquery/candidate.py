import cadquery as cq
result = Workplane().box(1, 2, 3)
