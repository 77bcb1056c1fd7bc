import cadquery as cq

fixture = cq.Workplane("XY").circle(10).extrude(10)
