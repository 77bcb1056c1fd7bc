import cadquery as cq

plate = cq.Workplane("XY").box(40, 30, 5)

Now we drill the hole through the plate
fixture = plate.faces(">Z").workplane().hole(8)
