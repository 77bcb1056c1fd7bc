import cadquery as cq
r = cq.Workplane().box(4, 5, 6)
cq.exporters.export(r, "part.step")
