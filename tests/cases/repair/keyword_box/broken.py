import cadquery as cq

fixture = cq.Workplane("XY").box(width=30, depth=20, height=8)
