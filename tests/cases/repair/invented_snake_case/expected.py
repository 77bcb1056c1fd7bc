import cadquery as cq

plate = cq.Workplane("XY").box(60, 40, 6).faces(">Z").workplane()
fixture = plate.pushPoints([(-20, 0), (20, 0)]).hole(6)
