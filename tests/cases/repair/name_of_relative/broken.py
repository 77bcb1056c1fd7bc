import cadquery as cq

wheel_diameter = 60.0
fixture = cq.Workplane("XY").circle(wheel_radius).extrude(20)
