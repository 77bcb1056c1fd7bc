import cadquery as cq

boxes = [cq.Solid.makeBox(20, 120, 60).translate(cq.Vector(22 * i, -60, 0)) for i in range(7)]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(boxes)])
