import cadquery as cq

width = "40 mm"
fixture = cq.Workplane("XY").box(width, 20, 5)
