import cadquery as cq

fixture = cq.Workplane("XY").box(900, 600, 720).translate((0, 0, 360)).edges().fillet(40)
