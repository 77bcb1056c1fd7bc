import cadquery as cq
left = cq.Sketch().push([(-2, 0)]).rect(6, 2).reset()
right = cq.Sketch().push([(2, 0)]).rect(6, 2).reset()
both = left + right
result = cq.Workplane().placeSketch(both).extrude(1)
