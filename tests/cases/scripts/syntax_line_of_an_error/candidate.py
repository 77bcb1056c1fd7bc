type Size = float
import cadquery as cq
n = 0
result = cq.Workplane().box(1 / n, 2, 3)
