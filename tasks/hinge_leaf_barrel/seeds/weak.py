import cadquery as cq

# A plate with a ridge.
plate = cq.Workplane("XY").box(80, 50, 4).translate((0, 0, 2))
ridge = cq.Workplane("XY").box(80, 10, 8).translate((0, 0, 4))
fixture = plate.union(ridge)
