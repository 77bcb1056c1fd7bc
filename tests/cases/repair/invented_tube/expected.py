import cadquery as cq

fixture = cq.Workplane("XY").circle(30).circle(12).extrude(8)
