import cadquery as cq
show_object(cqObject=cq.Workplane().box(1, 2, 3), name="part")
