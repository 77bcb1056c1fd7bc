_lower, _cover = sorted(fixture.solids().vals(), key=lambda solid: solid.Center().z)
_slab = cq.Solid.makeBox(260, 180, 16, cq.Vector(-130, -90, 0)).cut(cq.Solid.makeBox(200, 116, 16, cq.Vector(-100, -58, 9)))
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([_lower.fuse(_slab), _cover])])
