import cadquery as cq

peg = cq.Workplane().box(6, 10, 12).translate((8, 0, 0))
result = cq.Workplane().sphere(12).union(peg)
