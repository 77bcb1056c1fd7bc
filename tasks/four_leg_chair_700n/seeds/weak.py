import cadquery as cq

# A stool without legs or back.
seat = cq.Workplane("XY").box(400, 400, 60).translate((0, 200, 400))
base = cq.Workplane("XY").box(150, 150, 400).translate((0, 200, 200))
fixture = seat.union(base)
