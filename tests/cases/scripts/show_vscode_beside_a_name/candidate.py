import cadquery as cq
from ocp_vscode import show
result = cq.Workplane().box(1, 2, 3)
show(result, cq.Workplane().box(9, 9, 9))
