import cadquery as cq
outline = cq.Wire.makePolygon([(0, 0), (10, 0), (10, 3), (0, 8)], close=True)
outline = outline.chamfer2D(2, [v for v in outline.Vertices() if v.toTuple() == (10, 0, 0)])
result = cq.Workplane(obj=outline).toPending().extrude(2)
