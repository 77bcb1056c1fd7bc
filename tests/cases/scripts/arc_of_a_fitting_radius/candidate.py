import cadquery as cq
result = cq.Workplane().moveTo(0, 0).radiusArc((10, 0), 5).close().extrude(1)
