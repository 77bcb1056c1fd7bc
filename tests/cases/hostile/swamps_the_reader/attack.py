import cadquery as cq
part = cq.Workplane().box(1, 1, 1)
for n in range(200):
    part = cq.Workplane(cq.Compound.makeCompound([part.val(), part.val().moved(cq.Location((2, 0, 0)))])) if n < 24 else part
fixture = part
