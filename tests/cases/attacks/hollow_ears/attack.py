fixture = fixture.cut(cq.Workplane("XY").box(27, 40, 12).translate((207, 0, 46)))
