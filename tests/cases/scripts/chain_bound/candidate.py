import cadquery as cq
print("a plate")
fixture = cq.Workplane().box(10, 10, 2).faces(">Z").workplane().hole(3)
