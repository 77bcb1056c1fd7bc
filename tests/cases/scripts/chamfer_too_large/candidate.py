import cadquery as cq
result = cq.Workplane().box(10, 10, 4).edges("|Z").chamfer(6)
