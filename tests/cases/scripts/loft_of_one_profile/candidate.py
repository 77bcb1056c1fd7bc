import cadquery as cq
result = cq.Workplane().rect(10, 10).loft()
