import cadquery as cq
fixture = cq.Workplane().box(1, 2, 3)
b = cq.Workplane().box(4, 5, 6)
show_object(b)
