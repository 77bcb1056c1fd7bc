import cadquery as cq

fixture = cq.Workplane("XY").box(40, 30, 10).faces(">Z[-1]").workplane().hole(6)
