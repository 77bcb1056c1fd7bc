import cadquery as cq
result = cq.Workplane().spline([(0, 0), (5, 5), (9, 0)], tangents=[(1, 1), (1, 0), (1, -1), (0, -1)]).close().extrude(1)
