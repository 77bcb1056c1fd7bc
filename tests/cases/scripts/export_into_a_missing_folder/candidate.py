import cadquery as cq
result = cq.Workplane().box(4, 5, 6)
cq.exporters.export(result, "out/deep/part.stl")
cq.exporters.export(result, "docs/part.svg")
