import cadquery as cq

thickness = 22
seat = cq.Workplane("XY").box(500, 420, thickness).translate((0, 270, 440))
backrest = cq.Workplane("XY").box(420, thickness, 420).translate((0, 500, 700))
headrest = cq.Workplane("XY").box(260, thickness, 120).translate((0, 560, 1060))
legs = cq.Workplane("XY").center(0, 325).rect(560, 590, forConstruction=True).vertices().circle(15).extrude(400)
armrests = cq.Workplane("XY").pushPoints([(-280, 320), (280, 320)]).rect(60, 270).extrude(26).translate((0, 0, 634))
fixture = seat.union(backrest).union(headrest).union(legs).union(armrests)
