fixture = fixture.mirror("YZ")
