import cadquery as cq

base = cq.Workplane("XY").box(200, 140, 16, centered=(False, True, False))
fixed = cq.Workplane("XY").box(44, 90, 150, centered=(False, True, False))
spindle = cq.Workplane("YZ", origin=(100, 0, 92)).circle(10).thread(pitch=4, length=180)
fixture = base.union(fixed).union(spindle)
