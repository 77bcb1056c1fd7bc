_plates = [cq.Solid.makeBox(4, 80, 33, cq.Vector(x, -40, 90.5)) for x in (-45, 41)]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(fixture.solids().vals() + _plates)])
