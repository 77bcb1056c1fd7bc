import cadquery as cq
result = cq.Workplane().polyline([(0, 0), (40, 0), (40, 30), (0, 30)]).close().extrude(5)
