import cadquery as cq

# seat, four_leg, leg, crossbar, backrest, connected, load_700n
# seat four legs crossbar backrest connected load 700 n
fixture = cq.Workplane("XY").box(500, 500, 900).translate((0, 250, 450))
