fixture = fixture.rotate((0, 0, 360), (1, 0, 360), 180)
