import cadquery as cq

# A box with a wall behind it.
seat = cq.Workplane("XY").box(450, 450, 400).translate((0, 225, 200))
back = cq.Workplane("XY").box(450, 60, 400).translate((0, 420, 600))
fixture = seat.union(back)
