import cadquery as cq

fixture = cq.Workplane("XY").annulus(30, 12).extrude(8)
