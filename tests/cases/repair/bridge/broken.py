import cadquery as cq

fixture = cq.Workplane("XY").box(10, 10, 10).union(cq.Workplane("XY").box(10, 10, 10).translate((40, 0, 0)))
