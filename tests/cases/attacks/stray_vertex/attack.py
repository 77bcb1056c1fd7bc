fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*fixture.vals(), cq.Vertex.makeVertex(20, 0, 20)])])
