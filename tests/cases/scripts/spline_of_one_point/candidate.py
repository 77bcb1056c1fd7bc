import cadquery as cq
result = cq.Workplane().moveTo(0, 0).spline([(5, 5)], tangents=[(1, 1), (1, -1)]).lineTo(5, 0).close().extrude(1)
