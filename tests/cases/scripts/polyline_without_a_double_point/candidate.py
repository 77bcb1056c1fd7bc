import cadquery as cq
result = cq.Workplane().polyline([(0, 0), (10, 0), (10, 5), (0, 5)]).close().extrude(1)
