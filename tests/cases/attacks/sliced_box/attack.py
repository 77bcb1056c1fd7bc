import cadquery as cq

slices = [cq.Solid.makeBox(420, 360, 159).translate(cq.Vector(-210, 0, 160.5 * i)) for i in range(3)]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(slices)])
