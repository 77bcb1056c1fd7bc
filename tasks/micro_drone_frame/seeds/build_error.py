import cadquery as cq

arm_height = 6
plate = cq.Workplane("XY").box(56, 56, 4, centered=(True, True, False))
arm = cq.Workplane("XY").box(140, 10, arm_height, centered=(True, True, False)).rotate(45)
boss = cq.Workplane("XY").rect(98, 98, forConstruction=True).vertices().circle(10).extrude(9)
fixture = plate.union(arm).union(boss)
