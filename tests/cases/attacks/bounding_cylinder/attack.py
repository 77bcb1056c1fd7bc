import cadquery as cq

fixture = cq.Workplane("XY").circle(90).extrude(30)
