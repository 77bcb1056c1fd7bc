import cadquery as cq

fixture = cq.Workplane("XY").tube(outer_radius=30, inner_radius=12, height=8)
