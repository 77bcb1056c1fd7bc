import cadquery as cq

offset = -4.0
fixture = cq.Workplane("XY").box(10, 20, 30).translate((0, 0, offset))
