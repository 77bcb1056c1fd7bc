fixture = fixture.union(fixture.translate((0, 0, 5)))
