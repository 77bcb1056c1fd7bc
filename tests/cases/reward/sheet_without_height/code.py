import cadquery as cq

fixture = cq.Workplane("XY").rect(40, 20).extrude(0.001).faces(">Z")
