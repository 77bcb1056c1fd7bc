import cadquery as cq

base = cq.Workplane("XY").box(120, 120, 8, centered=(True, False, False))
support = cq.Workplane("XY").box(76, 6, 140, centered=(True, True, False)).tilt(20)
fixture = base.union(support.translate((0, 78, 20)))
