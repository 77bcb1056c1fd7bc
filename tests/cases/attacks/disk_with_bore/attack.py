import cadquery as cq

fixture = cq.Workplane("XY").circle(90).circle(32).extrude(30)
