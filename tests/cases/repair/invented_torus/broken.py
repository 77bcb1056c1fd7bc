import cadquery as cq

fixture = cq.Workplane("XY").torus(30, 5)
