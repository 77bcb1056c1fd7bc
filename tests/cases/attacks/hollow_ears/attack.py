fixture = fixture.cut(cq.Workplane("XY").box(30, 40, 12).translate((206, 0, 46)))
