fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*fixture.vals(), cq.Solid.makeBox(40, 40, 40).translate(cq.Vector(-20, -20, 60))])])
