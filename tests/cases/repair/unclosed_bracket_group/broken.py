import cadquery as cq

outer = 30.0
inner = 20.0
middle = (outer + inner / 2
fixture = cq.Workplane("XY").circle(middle).extrude(4)
