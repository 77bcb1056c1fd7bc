import cadquery as cq
result = cq.Workplane().sphere(-2)
