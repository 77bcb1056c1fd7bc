fixture = fixture.union(fixture.translate((12, 0, 0)))
