import cadquery as cq
result = cq.Workplane().pushPoints([(0, 0), (20, 0)]).circle(4).hull().extrude(3)
