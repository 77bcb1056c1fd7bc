import cadquery as cq

arm_height = 6
plate = cq.Workplane("XY").box(56, 56, 4, centered=(True, True, False))
plate = plate.faces(">Z").workplane().rect(30.5, 30.5, forConstruction=True).vertices().hole(3.2)
motors = cq.Workplane("XY").rect(98, 98, forConstruction=True).vertices()
bosses = motors.circle(10).circle(3).extrude(9)
guards = cq.Workplane("XY").rect(98, 98, forConstruction=True).vertices().circle(41).circle(39).extrude(28)
fixture = plate.union(bosses).union(guards)
