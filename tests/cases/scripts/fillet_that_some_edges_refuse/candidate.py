import cadquery as cq
arm = cq.Workplane().box(40, 10, 5)
step = cq.Workplane("XY", origin=(0, 0, 2.505)).box(20, 10, 0.01)
result = arm.union(step).edges("|Y").fillet(1)
