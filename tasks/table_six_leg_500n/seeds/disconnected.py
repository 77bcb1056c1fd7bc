import cadquery as cq

top_thickness = 26
leg = 44
leg_height = 640

top = cq.Workplane("XY").box(900, 600, top_thickness).translate((0, 0, 720 - top_thickness / 2))
legs = (
    cq.Workplane("XY")
    .pushPoints([(x, y) for x in (-408, 0, 408) for y in (-258, 258)])
    .rect(leg, leg)
    .extrude(leg_height)
)
crossbars = cq.Workplane("XY").pushPoints([(-408, 0), (0, 0), (408, 0)]).rect(20, 400).extrude(40)
fixture = top.union(legs).union(crossbars.translate((0, 0, 120)))
