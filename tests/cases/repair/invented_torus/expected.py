import cadquery as cq

fixture = cq.Workplane("XY").eachpoint(cq.Solid.makeTorus(30, 5), True, True)
