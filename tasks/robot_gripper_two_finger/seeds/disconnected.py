import cadquery as cq

finger_height = 24
palm = cq.Workplane("XY").box(50, 120, 60, centered=(False, True, False))
palm = palm.cut(cq.Workplane("YZ", origin=(0, 0, 30)).rect(60, 40, forConstruction=True).vertices().circle(3.3).extrude(50))
bars = cq.Workplane("XY").pushPoints([(72, y) for y in (-45, -24, 24, 45)]).rect(30, 12).extrude(9)
fingers = cq.Workplane("XY").pushPoints([(125, -32), (125, 32)]).rect(60, 18).extrude(finger_height)
fixture = palm.union(bars.translate((0, 0, 25))).union(fingers.translate((0, 0, 18)))
