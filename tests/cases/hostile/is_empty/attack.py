import cadquery as cq
fixture = cq.Workplane().box(1, 1, 1).cut(cq.Workplane().box(2, 2, 2))
