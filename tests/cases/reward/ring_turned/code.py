import cadquery as cq

fixture = cq.Workplane().circle(20).circle(12).extrude(8).rotate((0, 0, 0), (0, 0, 1), 30)
