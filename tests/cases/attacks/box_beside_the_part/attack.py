fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*fixture.vals(), cq.Solid.makeBox(60, 60, 60).translate(cq.Vector(-30, -30, 300))])])
