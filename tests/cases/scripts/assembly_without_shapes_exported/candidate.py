import cadquery as cq
fixture = cq.Assembly(name="stand")
fixture.export("stand.step", mode="fused")
