import cadquery as cq
a = cq.Workplane().box(1, 2, 3)
b = cq.Workplane().box(4, 5, 6)
show_object(a)
show_object(b)
