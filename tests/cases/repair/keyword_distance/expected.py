import cadquery as cq

fixture = cq.Workplane("XY").circle(15).extrude(until=8)
