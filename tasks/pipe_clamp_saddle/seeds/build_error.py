import cadquery as cq

pipe = 88.9
outline = cq.Workplane("XZ").moveTo(-52, 0).threePointArc((0, 72), (52, 0)).close()
strap = outline.extrude(80)
flanges = cq.Workplane("XY").box(160, 80, 10, centered=(True, True, False))
# The pipe was meant to be cut out; the common part of two bodies that do not meet has no solid.
saddle = strap.union(flanges).intersect(cq.Workplane("XZ", origin=(0, 400, 300)).circle(pipe / 2).extrude(20))
fixture = saddle.edges("|Y").fillet(2)
