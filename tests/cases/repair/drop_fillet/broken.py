import cadquery as cq

fixture = cq.Workplane("XY").box(40, 30, 10).edges("|Z").fillet(0)
