import cadquery as cq
show_object([cq.Workplane().box(1, 2, 3), cq.Workplane().box(1, 1, 9)])
