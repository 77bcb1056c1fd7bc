import cadquery as cq

outer = 90.0
bore = 32.0
height = 30.0
slots = 12
ring = cq.Workplane("XY").circle(outer).circle(bore).extrude(height)
for index in range(slots):
    slot = cq.Workplane("XY").box(50, 14, 20).translate((75, 0, 25)).rotate((0, 0, 0), (0, 0, 1), 30 * index)
    ring = ring.cut(slot)
fixture = ring
