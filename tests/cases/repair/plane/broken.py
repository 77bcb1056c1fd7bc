import cadquery as cq

fixture = cq.Workplane("xz").circle(15).extrude(8)
