import cadquery as cq

cable = 12
pad = cq.Workplane("XY").box(45, 28, 4, centered=(False, True, False))
ring = cq.Workplane("XZ", origin=(12, 14, 12.5)).circle(cable / 2 + 2).circle(cable / 2).extrude(28)
clip = pad.union(ring)
print("cable clip:", clip.val().Volume())
