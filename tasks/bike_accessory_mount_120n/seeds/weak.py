import cadquery as cq

# A block with a hole and a bar.
block = cq.Workplane("XY").box(50, 40, 50).translate((25, 0, 25))
block = block.cut(cq.Workplane("XZ", origin=(25, 40, 25)).circle(16).extrude(80))
arm = cq.Workplane("XY").box(80, 20, 10).translate((80, 0, 40))
fixture = block.union(arm)
