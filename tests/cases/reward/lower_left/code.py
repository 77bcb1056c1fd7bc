import cadquery as cq

fixture = cq.Workplane().wedge(30, 20, 10, 5, 5, 20, 8)
