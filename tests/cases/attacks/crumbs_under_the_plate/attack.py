_spots = [(7.2 * column - 43, y, z) for column in range(12) for y in (-40, 34.1) for z in (110, 117)]
_crumbs = [cq.Solid.makeBox(5.9, 5.9, 5.9, cq.Vector(*spot)) for spot in _spots]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(fixture.solids().vals() + _crumbs)])
