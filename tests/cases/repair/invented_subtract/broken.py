import cadquery as cq

plate = cq.Workplane("XY").box(60, 40, 6)
drill = cq.Workplane("XY").circle(5).extrude(20, both=True)
fixture = plate.subtract(drill)
