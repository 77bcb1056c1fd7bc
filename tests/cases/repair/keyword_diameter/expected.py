import cadquery as cq

fixture = cq.Workplane("XY").circle(radius=30 / 2).extrude(8)
