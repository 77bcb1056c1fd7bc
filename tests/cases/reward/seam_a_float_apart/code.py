import cadquery as cq

fixture = cq.Workplane().circle(10).extrude(10, taper=10).rotate((0, 0, 0), (1, 0, 0), 90)
