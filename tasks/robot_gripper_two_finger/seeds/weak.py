import cadquery as cq

# A block with two prongs.
palm = cq.Workplane("XY").box(50, 90, 50).translate((25, 0, 25))
prongs = cq.Workplane("XY").pushPoints([(80, -30), (80, 30)]).rect(70, 15).extrude(50)
fixture = palm.union(prongs)
