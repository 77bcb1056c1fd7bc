import cadquery as cq
result = cq.Workplane().rect(10, 5).pushPoints([(-2, 0), (2, 0)]).circle(1).extrude(1)
