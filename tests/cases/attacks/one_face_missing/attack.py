fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(fixture.faces().vals()[1:])])
