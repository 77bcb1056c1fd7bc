import cadquery as cq
from cadquery.vis import show
result = cq.Workplane().box(1, 2, 3)
show(result)
