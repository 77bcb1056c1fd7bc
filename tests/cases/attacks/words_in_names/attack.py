import cadquery as cq

seat = 500
four_leg = 4
leg = 900
crossbar = 500
backrest = 900
connected = True
load_700n = 700
fixture = cq.Workplane("XY").box(seat, crossbar, leg).translate((0, 250, 450))
