import cadquery as cq

# A trough.
block = cq.Workplane("XY").box(50, 40, 35).translate((0, 0, 17.5))
fixture = block.cut(cq.Workplane("XY").box(35, 40, 35).translate((0, 0, 27.5)))
