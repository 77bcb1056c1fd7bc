import cadquery as cq

# A block with a groove.
block = cq.Workplane("XY").box(110, 50, 60).translate((0, 0, 30))
fixture = block.cut(cq.Workplane("XZ", origin=(0, 40, 0)).circle(35).extrude(80))
