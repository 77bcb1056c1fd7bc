fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([fixture.val(), fixture.val().translate(cq.Vector(0.5, 0, 0))])])
