fixture = fixture.mirror("XZ")
