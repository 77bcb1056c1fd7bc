fixture = cq.Workplane("XY").newObject([cq.Shape.cast(fixture.val().wrapped.Reversed())])
