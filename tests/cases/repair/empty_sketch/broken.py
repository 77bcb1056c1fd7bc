import cadquery as cq

thickness = 6.0
fixture = cq.Workplane("XY").rect(60, 40)
