import cadquery as cq

# A plain box with one hole through it.
block = cq.Workplane("XY").box(180, 110, 110).translate((0, 0, 55))
fixture = block.cut(cq.Workplane("XZ", origin=(0, 80, 55)).circle(20).extrude(160))
