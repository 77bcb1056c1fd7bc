fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*fixture.vals(), cq.Edge.makeLine(cq.Vector(0, 0, 70), cq.Vector(0, 10, 70))])])
