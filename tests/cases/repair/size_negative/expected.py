import cadquery as cq

wheel_diameter = 40.0
fixture = cq.Workplane("XY").circle(wheel_diameter / 2).extrude(5)
