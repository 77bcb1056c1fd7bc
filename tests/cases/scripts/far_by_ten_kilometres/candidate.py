import cadquery as cq
result = cq.Workplane().box(10, 20, 30).translate((1e7, 0, 0))
