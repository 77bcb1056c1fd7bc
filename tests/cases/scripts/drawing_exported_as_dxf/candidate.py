import cadquery as cq
result = cq.Workplane().box(4, 5, 6)
cq.exporters.export(result.faces("<Z"), "drawing.dxf")
cq.exporters.exportDXF(result.faces(">Z"), "top.dxf")
