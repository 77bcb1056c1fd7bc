fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([fixture.val(), fixture.val().copy()])])
