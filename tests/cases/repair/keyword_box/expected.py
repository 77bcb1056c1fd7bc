import cadquery as cq

fixture = cq.Workplane("XY").box(30, 20, 8)
