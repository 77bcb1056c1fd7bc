fixture = cq.Workplane("XY").newObject([fixture.val().scale(1.05)])
