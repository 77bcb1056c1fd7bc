fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*fixture.vals(), cq.Solid.makeBox(1, 1, 1).translate(cq.Vector(60, 30, 60))])])
