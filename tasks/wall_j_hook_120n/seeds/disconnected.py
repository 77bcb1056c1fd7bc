import cadquery as cq

bar_diameter = 22
plate = cq.Workplane("XY").box(8, 90, 180).translate((4, 0, 90))
plate = plate.faces(">X").workplane().rect(60, 140, forConstruction=True).vertices().hole(9)
path = cq.Workplane("XZ").moveTo(70, 120).lineTo(70, 60).radiusArc((146, 60), -38).lineTo(146, 90)
hook = cq.Workplane("XY", origin=(70, 0, 120)).circle(bar_diameter / 2).sweep(path)
fixture = plate.union(hook)
