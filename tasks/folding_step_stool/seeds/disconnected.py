import cadquery as cq

thickness = 20
top = cq.Workplane("XY").box(420, 360, thickness).translate((0, 180, 470))
lower = cq.Workplane("XY").box(340, 120, thickness).translate((0, 60, 210))
rail = cq.Workplane("YZ").polyline([(0, 0), (36, 0), (340, 420), (304, 420)]).close().extrude(18)
inner = rail.mirror("XZ").translate((0, 360, 0))
frames = rail.translate((-210, 0, 0)).union(rail.translate((192, 0, 0)))
inner_frame = inner.translate((-185, 0, 0)).union(inner.translate((167, 0, 0)))
fixture = top.union(lower).union(frames).union(inner_frame)
