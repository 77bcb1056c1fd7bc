import cadquery as cq

fixture = cq.Workplane("XY").eachpoint(cq.Solid.makeCone(30, 20, 5), True, True)
