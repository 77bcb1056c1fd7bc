fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*fixture.vals(), cq.Solid.makeBox(4, 30, 30).translate(cq.Vector(2, -15, 60))])])
