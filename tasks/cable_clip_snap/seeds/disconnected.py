import cadquery as cq

cable = 12
pad = cq.Workplane("XY").box(45, 28, 4, centered=(False, True, False))
pad = pad.cut(cq.Workplane("XY", origin=(33, 0, 0)).circle(2.25).extrude(4))
ring = cq.Workplane("XZ", origin=(12, 14, 14)).circle(8).circle(cable / 2).extrude(28)
ring = ring.cut(cq.Workplane("XY").box(9, 40, 10).translate((12, 0, 20)))
fixture = pad.union(ring)
