import cadquery as cq

seat = cq.Workplane("XY").box(500, 500, 24).translate((0, 250, 438))
column = cq.Workplane("XY").box(60, 60, 380).translate((0, 250, 190))
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([seat.val(), column.val()])])
