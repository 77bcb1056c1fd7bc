*_leaves, _pin = fixture.solids().vals()
_pin = cq.Solid.makeCylinder(3.4, 100, cq.Vector(-50, 0, 6), cq.Vector(1, 0, 0))
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*_leaves, _pin])])
