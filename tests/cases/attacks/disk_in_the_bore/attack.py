fixture = fixture.union(cq.Workplane("XY").box(40, 8, 40).translate((27, 0, 50)))
