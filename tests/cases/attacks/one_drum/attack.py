import cadquery as cq

fixture = cq.Workplane("XZ").circle(40).extrude(40, both=True).translate((0, 0, 40))
