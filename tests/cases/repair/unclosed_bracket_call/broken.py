import cadquery as cq

radius = 12.0
height = 30.0
pin = cq.Workplane("XY").circle(radius.extrude(height).translate((0, 0, 5))
fixture = pin
