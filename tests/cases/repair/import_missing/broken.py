fixture = cq.Workplane("XY").box(10, 20, 30)
