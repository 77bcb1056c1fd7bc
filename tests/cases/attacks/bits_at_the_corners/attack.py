import cadquery as cq

bit = cq.Workplane("XY").box(8, 8, 8)
places = [(x, y, z) for x in (-246, 246) for y in (4, 496) for z in (4, 896)]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([bit.translate(place).val() for place in places])])
