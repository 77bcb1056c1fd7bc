import cadquery as cq

base = cq.Workplane("XY").box(120, 120, 8, centered=(True, False, False))
lugs = cq.Workplane("XY").pushPoints([(-27, 78), (27, 78)]).rect(10, 24).extrude(37)
plate = cq.Workplane("XY").box(76, 6, 118, centered=(True, True, False))
lip = cq.Workplane("XY").box(76, 16, 5, centered=(True, True, False)).translate((0, -25, 0))
support = plate.union(lip).rotate((0, 0, 0), (1, 0, 0), -20).translate((0, 78, 48))
pin = cq.Workplane("YZ", origin=(-40, 78, 60)).circle(4).extrude(80)
fixture = base.union(lugs).union(support).union(pin)
