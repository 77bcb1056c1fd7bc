import cadquery as cq

# Two stacked blocks.
low = cq.Workplane("XY").box(300, 300, 150).translate((0, 150, 75))
high = cq.Workplane("XY").box(300, 150, 150).translate((0, 225, 225))
fixture = low.union(high)
