import cadquery as cq

# A straight block.
fixture = cq.Workplane("XY").box(120, 20, 20).translate((0, 0, 10))
