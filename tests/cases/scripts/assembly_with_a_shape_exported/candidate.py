import cadquery as cq
fixture = cq.Assembly(name="stand")
fixture.add(cq.Workplane().box(1, 2, 3), name="foot")
fixture.add(cq.Workplane().box(1, 2, 3), name="head", loc=cq.Location((0, 0, 3)))
fixture.export("stand.step", mode="fused")
