import cadquery as cq
result = cq.Workplane().box(40, 40, 10)
result = result.union(cq.Workplane().box(2, 2, 20))
