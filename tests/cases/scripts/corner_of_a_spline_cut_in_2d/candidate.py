import cadquery as cq
curve = cq.Edge.makeSpline([cq.Vector(0, 0), cq.Vector(3, 2), cq.Vector(10, 0)])
side = cq.Edge.makeLine(cq.Vector(10, 0), cq.Vector(10, -8))
back = cq.Edge.makeLine(cq.Vector(10, -8), cq.Vector(0, 0))
outline = cq.Wire.assembleEdges([curve, side, back])
outline = outline.chamfer2D(0.5, [v for v in outline.Vertices() if v.toTuple() == (10, 0, 0)])
result = cq.Workplane(obj=outline).toPending().extrude(2)
