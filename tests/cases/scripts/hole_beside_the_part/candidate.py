import cadquery as cq
result = cq.Workplane().box(40, 40, 10).faces(">Z").workplane().center(90, 0).hole(5)
