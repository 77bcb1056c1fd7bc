import cadquery as cq
duct = cq.Workplane().rect(20, 20).workplane(offset=15).circle(5).loft()
result = duct.faces("<Z or >Z").shell(-1)
