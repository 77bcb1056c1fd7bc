import cadquery as cq

thickness = 20
top = cq.Workplane("XY").box(420, 360, thickness).translate((0, 180, 470))
rail = cq.Workplane("YZ").polyline([(0, 0), (36, 0), (360, 460), (324, 460)]).close().extrude(18)
frames = [rail.translate((-210, 0, 0)), rail.translate((192, 0, 0))]
fixture = top.union(frames)
