import cadquery as cq
plate = cq.Workplane().box(20, 20, 4)
result = plate.faces(">Z").workplane().circle(3).cutThruAll()
