import cadquery as cq

# Just an L of thick bars.
plate = cq.Workplane("XY").box(20, 40, 100).translate((10, 0, 50))
arm = cq.Workplane("XY").box(120, 40, 20).translate((60, 0, 100))
fixture = plate.union(arm)
