import cadquery as cq

fixture = cq.Workplane("XY").box(40, 30, 10).faces(">Z[5]").workplane().hole(6)
