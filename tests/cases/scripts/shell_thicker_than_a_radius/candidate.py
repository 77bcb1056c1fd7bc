import cadquery as cq
result = cq.Workplane().box(30, 20, 10).faces(">Z").shell(-6)
