import cadquery as cq
fixture = cq.Workplane().box(float('nan'), 1, 1)
