import cadquery as cq

plate = cq.Workplane("XY").box(90, 80, 130).translate((0, 0, 65))
fixture = plate.faces(">Z").workplane().rect(66, 58, forConstruction=True).vertices().hole(8)
