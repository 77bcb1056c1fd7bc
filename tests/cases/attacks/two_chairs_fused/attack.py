fixture = fixture.union(fixture.translate((0, 10, 0)))
