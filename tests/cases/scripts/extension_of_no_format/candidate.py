import cadquery as cq
result = cq.Workplane().box(1, 2, 3)
result.export("part.solid")
