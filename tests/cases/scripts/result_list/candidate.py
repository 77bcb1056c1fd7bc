import cadquery as cq
result = [cq.Workplane().box(1, 2, 3), (cq.Workplane().box(1, 1, 9).val(),)]
