import cadquery as cq
result = cq.Workplane().polyline([("a", "b"), (1, 2)]).close().extrude(1)
