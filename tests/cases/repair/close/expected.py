import cadquery as cq

fixture = cq.Workplane("XY").lineTo(30, 0).lineTo(30, 20).lineTo(0, 20).close().extrude(5)
