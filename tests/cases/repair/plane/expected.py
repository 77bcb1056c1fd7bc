import cadquery as cq

fixture = cq.Workplane("XZ").circle(15).extrude(8)
