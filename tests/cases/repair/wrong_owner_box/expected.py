import cadquery as cq

fixture = cq.Workplane("XY").box(10, 20, 30).union(cq.Workplane("XY").sphere(12))
