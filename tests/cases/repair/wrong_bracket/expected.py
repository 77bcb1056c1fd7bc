import cadquery as cq

points = [(0, 0), (10, 0), (10, 10)]
fixture = cq.Workplane("XY").polyline(points).close().extrude(3)
