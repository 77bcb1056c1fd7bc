import cadquery as cq

# A block with a round hole.
block = cq.Workplane("XY").box(30, 20, 16).translate((15, 0, 8))
fixture = block.cut(cq.Workplane("XZ", origin=(15, 20, 8)).circle(4).extrude(40))
