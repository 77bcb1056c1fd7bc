import cadquery as cq

slot = cq.Workplane().box(6, 24, 24)
axle = cq.Workplane().box(20, 4, 4)
result = cq.Workplane().sphere(12).cut(slot, clean=False) + axle
