import cadquery as cq
result = cq.Workplane().box(60, 40, 30).faces(">Z").shell(-2)
