import cadquery as cq

inner = 37
strip = cq.Workplane("XY").box(5, 22, 150, centered=(False, True, False)).translate((-45, 0, 0))
strip = strip.cut(cq.Workplane("YZ", origin=(-45, 0, 75)).pushPoints([(0, -32), (0, 32)]).circle(2.75).extrude(8))
ring = cq.Workplane("XY").circle(inner + 3).circle(inner).extrude(12)
front = ring.cut(cq.Workplane("XY").box(60, 100, 100).translate((-45, 0, 0)))
floor = cq.Workplane("XY").circle(inner).circle(24).extrude(4)
fixture = strip.union(front.translate((0, 0, 40))).union(front.translate((0, 0, 110))).union(floor)
