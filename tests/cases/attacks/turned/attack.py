fixture = fixture.rotate((0, 0, 0), (1, 0, 0), 90)
