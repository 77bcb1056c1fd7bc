_dust = [cq.Solid.makeBox(0.5, 0.5, 0.5, cq.Vector(2.2 * index - 43, -38, 122.5)) for index in range(40)]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(fixture.solids().vals() + _dust)])
