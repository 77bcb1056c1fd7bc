import cadquery as cq
r = cq.Workplane().box(4, 5, 6).val()
r.exportStl("part.stl")
