import cadquery as cq

# A block with a notch.
block = cq.Workplane("XY").box(180, 80, 100).translate((90, 0, 50))
fixture = block.cut(cq.Workplane("XY").box(50, 80, 60).translate((70, 0, 80)))
