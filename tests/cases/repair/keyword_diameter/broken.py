import cadquery as cq

fixture = cq.Workplane("XY").circle(diameter=30).extrude(8)
