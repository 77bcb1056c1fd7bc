*_others, _handle = fixture.solids().vals()
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*_others, _handle.translate(cq.Vector(0, 0, -26))])])
