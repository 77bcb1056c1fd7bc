import cadquery as cq
result = cq.Workplane().rect(10, 10).workplane(offset=5).rect(4, 4).loft()
