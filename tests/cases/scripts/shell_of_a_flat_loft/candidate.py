import cadquery as cq
duct = cq.Workplane().rect(20, 20).workplane(offset=15).rect(10, 10).loft(ruled=True)
result = duct.faces("<Z or >Z").shell(-1)
