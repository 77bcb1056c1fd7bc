import cadquery as cq
result = cq.Workplane().ellipse(30, 25).ellipse(27, 22).extrude(6).ellipse(30, 25).extrude(6)
