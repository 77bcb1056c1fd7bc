import cadquery as cq

fixture = cq.Workplane(obj=cq.Workplane("XY").box(10, 20, 30).val().scale(2))
