import cadquery as cq

result = cq.Workplane().text("Ag1", 10, 2)
