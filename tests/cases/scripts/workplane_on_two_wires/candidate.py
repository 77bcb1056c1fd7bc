import cadquery as cq
result = cq.Workplane().pushPoints([(-5, 0), (5, 0)]).circle(2).workplane(offset=9).circle(1).loft()
