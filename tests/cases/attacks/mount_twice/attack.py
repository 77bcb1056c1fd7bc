fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([fixture.val(), fixture.val().translate(cq.Vector(2, 0, 0))])])
