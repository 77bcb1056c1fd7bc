import cadquery as cq

outer = cq.Workplane("XY").box(900, 600, 720)
fixture = outer.cut(cq.Workplane("XY").box(880, 580, 700)).translate((0, 0, 360))
