fixture = fixture.union(cq.Workplane("XY").box(10, 5, 10).translate((12, 0, 12)))
