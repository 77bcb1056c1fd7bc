import cadquery as cq
result = cq.Workplane().box(100, 100, 2).faces(">Z").workplane().rarray(4.5, 4.5, 20, 20).hole(2)
