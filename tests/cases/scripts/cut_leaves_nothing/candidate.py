import cadquery as cq
a = cq.Workplane().box(4, 4, 4)
b = a.cut(cq.Workplane().box(9, 9, 9))
result = a
