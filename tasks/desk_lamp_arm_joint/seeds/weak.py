import cadquery as cq

# Two bars, one upright, one across.
post = cq.Workplane("XY").box(30, 30, 120).translate((15, 0, 60))
beam = cq.Workplane("XY").box(160, 30, 30).translate((80, 0, 120))
fixture = post.union(beam)
