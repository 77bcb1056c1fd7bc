import cadquery as cq

width = 40
fixture = cq.Workplane("XY").box(width, 20, 5)
