import cadquery as cq

fixture = cq.Workplane("XY").eachpoint(cq.Solid.makeCone(20, 5, 30), True, True)
