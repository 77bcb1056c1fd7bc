import cadquery as cq

# An L of two blocks.
plate = cq.Workplane("XY").box(12, 60, 120).translate((6, 0, 60))
arm = cq.Workplane("XY").box(90, 20, 20).translate((50, 0, 40))
fixture = plate.union(arm)
