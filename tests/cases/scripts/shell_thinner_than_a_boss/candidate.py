import cadquery as cq
block = cq.Workplane().box(30, 20, 10).faces(">Z").workplane().circle(3).extrude(5)
result = block.faces(">X").shell(-2)
