import cadquery as cq
result = cq.Workplane().box(5, 5, 5).faces(">Z").workplane().extrude(3)
