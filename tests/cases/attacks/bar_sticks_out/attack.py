_tip = max(fixture.vertices().vals(), key=lambda vertex: vertex.Z).Center()
fixture = fixture.union(cq.Workplane("XY").newObject([cq.Solid.makeBox(9, 9, 100).translate(_tip - cq.Vector(4.5, 4.5, 10))]))
