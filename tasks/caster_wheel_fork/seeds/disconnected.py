import cadquery as cq

wheel_diameter = 70
plate = cq.Workplane("XY").box(90, 80, 6).translate((0, 0, 127))
plate = plate.faces(">Z").workplane().rect(66, 58, forConstruction=True).vertices().hole(8.5)
stem = cq.Workplane("XY", origin=(0, 0, 98)).circle(8).extrude(18)
legs = cq.Workplane("XY").pushPoints([(0, -21), (0, 21)]).rect(30, 4).extrude(60).translate((0, 0, 24))
wheel = cq.Workplane("XZ", origin=(0, 12, wheel_diameter / 2)).circle(wheel_diameter / 2).circle(8).extrude(24)
axle = cq.Workplane("XZ", origin=(0, 35, wheel_diameter / 2)).circle(4).extrude(10)
fixture = plate.union(stem).union(legs).union(wheel).union(axle)
