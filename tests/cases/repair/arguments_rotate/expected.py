import cadquery as cq

fixture = cq.Workplane("XY").box(40, 10, 5).rotate((0, 0, 0), (0, 0, 1), 30)
