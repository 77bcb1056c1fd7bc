import cadquery as cq

pipe = 88.9
strap = cq.Workplane("XZ", origin=(0, 40, 20)).circle(pipe / 2 + 8).circle(pipe / 2).extrude(80)
strap = strap.cut(cq.Workplane("XY").box(200, 200, 100, centered=(True, True, False)).translate((0, 0, -82)))
flange = cq.Workplane("XY").box(24, 80, 10, centered=(True, True, False))
flange = flange.faces(">Z").workplane().pushPoints([(0, -20), (0, 20)]).hole(11)
fixture = strap.union(flange.translate((68, 0, 0))).union(flange.translate((-68, 0, 0)))
