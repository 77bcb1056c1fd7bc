import cadquery as cq

wall = 9
body = cq.Workplane("XY").box(222, 136, 160, centered=(True, True, False)).edges("|Z").fillet(16)
shell = body.faces(">Z").shell(-wall)
bores = cq.Workplane("XZ", origin=(-52, 90, 80)).circle(31).extrude(180)
housing = shell.cut(bores)
halves = housing.split(keepTop=False, keepBottom=False)
fixture = halves
