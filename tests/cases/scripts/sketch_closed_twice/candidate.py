import cadquery as cq
outline = cq.Sketch().segment((0, -4), (9, -4)).segment((9, 4)).segment((0, 4)).arc((0, 4), (-4, 0), (0, -4)).close().assemble()
result = cq.Workplane().placeSketch(outline).extrude(2)
