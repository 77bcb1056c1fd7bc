import cadquery as cq
clearance = 0.4
result = cq.Workplane().box(10 - clerance, 5, 5)
