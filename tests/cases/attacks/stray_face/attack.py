fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*fixture.vals(), cq.Face.makePlane(10, 10, (0, 0, 30), (0, 0, 1))])])
