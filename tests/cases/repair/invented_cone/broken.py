import cadquery as cq

fixture = cq.Workplane("XY").cone(height=30, radius1=20, radius2=5)
