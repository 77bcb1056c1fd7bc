_tip = max(fixture.vertices().vals(), key=lambda vertex: vertex.X).Center()
fixture = fixture.union(cq.Workplane("XY").newObject([cq.Solid.makeBox(260, 30, 30).translate(_tip - cq.Vector(10, 15, 15))]))
