import cadquery as cq
result = cq.Workplane().box(1, 2, 3).faces(">Z and").workplane().hole(0.2)
