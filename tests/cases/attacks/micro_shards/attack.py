import cadquery as cq

crumb = cq.Solid.makeBox(2, 2, 2)
places = [(9 * i - 45, 8 * j - 40, 13 * k) for i in range(10) for j in range(10) for k in range(10)]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([crumb.translate(cq.Vector(*place)) for place in places])])
