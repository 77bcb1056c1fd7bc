import cadquery as cq

width = 40.0
fixture = cq.Workplane("XY").circle(width).extrude(5)
