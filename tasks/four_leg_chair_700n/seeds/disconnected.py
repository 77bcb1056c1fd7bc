import cadquery as cq

leg = 38
seat = cq.Workplane("XY").box(500, 440, 24).translate((0, 220, 438))
legs = cq.Workplane("XY").center(0, 220).rect(425, 365, forConstruction=True).vertices().rect(leg, leg).extrude(390)
backrest = cq.Workplane("XY").box(460, 20, 250).translate((0, 480, 775))
crossbar = cq.Workplane("XY").box(300, 18, 30).translate((0, 220, 200))
fixture = seat.union(legs).union(backrest).union(crossbar)
