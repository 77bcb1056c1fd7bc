import cadquery as cq
from math import cos, pi, sin
points = [((10 + sin(20 * t) / 2) * cos(t), (10 + sin(20 * t) / 2) * sin(t)) for t in (i * pi / 36 for i in range(72))]
result = cq.Workplane().spline(points, periodic=True).close().extrude(4)
