import cadquery as cq
fixture = cq.Assembly()
fixture.add(cq.Workplane().box(1, 1, 1), name="foot")
fixture.add(cq.Workplane().box(1, 1, 1), name="head", loc=cq.Location((0, 0, 1)))
