import cadquery as cq

wall = 9
outer = cq.Workplane("XY").box(222, 136, 60, centered=(True, True, False))
lower = outer.cut(cq.Workplane("XY").box(204, 118, 60, centered=(True, True, False)).translate((0, 0, wall)))
cover = lower.mirror("XY").translate((0, 0, 160))
flange = cq.Workplane("XY").box(260, 180, 10).cut(cq.Workplane("XY").box(224, 138, 10))
flange = flange.faces(">Z").workplane().rect(240, 160, forConstruction=True).vertices().hole(9)
boss = cq.Workplane("XZ", origin=(-52, 82, 80)).circle(41).circle(31).extrude(12)
fixture = lower.union(cover).union(flange.translate((0, 0, 80))).union(boss.translate((0, 8, 0)))
