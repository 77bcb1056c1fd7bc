import cadquery as cq

# A slab on one block in the middle.
top = cq.Workplane("XY").box(600, 600, 40).translate((0, 0, 500))
block = cq.Workplane("XY").box(200, 200, 480).translate((0, 0, 240))
fixture = top.union(block)
