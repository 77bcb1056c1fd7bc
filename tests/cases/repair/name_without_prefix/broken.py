import cadquery as cq

fixture = Workplane("XY").box(10, 20, 30)
