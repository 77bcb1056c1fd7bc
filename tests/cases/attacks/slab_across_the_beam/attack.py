fixture = fixture.union(cq.Workplane("XY").box(24, 90, 70).translate((120, 0, 35)))
