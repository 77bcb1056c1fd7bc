_lower, _cover = sorted(fixture.solids().vals(), key=lambda solid: solid.Center().z)
_wall = cq.Solid.makeBox(10, 120, 74, cq.Vector(-5, -60, 5))
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([_lower.fuse(_wall), _cover])])
