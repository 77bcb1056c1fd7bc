from math import sin
import cadquery as cq
points = [(20 + 2 * sin(i * 0.9), i * 1.0) for i in range(61)]
result = cq.Workplane("XZ").moveTo(0, 0).lineTo(*points[0]).spline(points[1:], includeCurrent=True).lineTo(0, 60).close().revolve()
