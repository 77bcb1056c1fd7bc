import cadquery as cq
result = cq.Workplane().box(3, 2, .5).edges("|Z").fillet(.5).edges(">Z").fillet(.25).faces("<Z").shell(-.06)
