import cadquery as cq
outline = cq.Workplane().moveTo(0, 0).lineTo(10, 0).lineTo(10, 5).lineTo(0, 5).wire()
result = outline.moveTo(5, 2).circle(1).extrude(2)
