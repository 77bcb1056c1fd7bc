import cadquery as cq

fixture = cq.Workplane("XY").box(10, 20, 30)
