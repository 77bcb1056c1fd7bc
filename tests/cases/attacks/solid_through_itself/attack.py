one = cq.Workplane("XY").box(30, 30, 30).translate((100, 0, 110)).val()
other = cq.Workplane("XY").box(30, 30, 30).translate((112, 8, 118)).val()
shell = cq.Shell.makeShell([*one.Faces(), *other.Faces()])
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([*fixture.vals(), cq.Solid.makeSolid(shell)])])
