import cadquery as cq

fixture = cq.Workplane("XY").box(80, 60, 55).translate((0, 0, 27.5)).faces(">Z").shell(-4)
