import cadquery as cq
result = cq.Workplane().sphere(12).cut(cq.Workplane().box(6, 24, 24), clean=False)
