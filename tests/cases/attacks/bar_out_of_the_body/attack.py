_body, *_others = sorted(fixture.solids().vals(), key=lambda solid: -solid.Volume())
_tip = max(_body.Vertices(), key=lambda vertex: vertex.X).Center()
_bar = cq.Solid.makeBox(90, 8, 8).translate(_tip - cq.Vector(10, 4, 4))
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([_body.fuse(_bar), *_others])])
