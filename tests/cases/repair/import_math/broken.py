import cadquery as cq

side = 20 * sqrt(2)
fixture = cq.Workplane("XY").box(side, side, 5)
