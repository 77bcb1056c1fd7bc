import cadquery as cq

plate = cq.Workplane"XY").box(40, 30, 5)
fixture = plate
