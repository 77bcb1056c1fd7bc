fixture = fixture.union(cq.Workplane("XY").box(160, 90, 18).translate((80, 0, 90)))
