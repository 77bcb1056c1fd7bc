part = Assembly(name="all")
part.add(cq.Workplane().box(1, 2, 3), name="lid", color=Color("red"))
exporters.export(part.toCompound(), "part.step")
fixture = part
