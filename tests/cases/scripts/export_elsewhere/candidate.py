import cadquery as cq
result = cq.Workplane().box(4, 5, 6)
cq.exporters.export(result, "/mnt/data/part.step")
cq.exporters.export(result, "../part.stl")
