import cadquery as cq

fixture = cq.Workplane("XY").box(40, 10, 5).rotateZ(30)
