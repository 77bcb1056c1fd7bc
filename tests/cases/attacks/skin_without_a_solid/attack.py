import cadquery as cq

box = cq.Workplane("XY").box(160, 90, 180).translate((80, 0, 90))
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(box.faces().vals()[:5])])
