import cadquery as cq

thickness = 8
platform = cq.Workplane("YZ", origin=(-160, 0, 0)).polyline([(0, 12), (240, 112), (240, 120), (0, 20)]).close()
platform = platform.extrude(320)
slots = cq.Workplane("XY").pushPoints([(0, 48 + 36 * i) for i in range(5)]).slot2D(200, 14).extrude(150)
legs = cq.Workplane("XY").pushPoints([(-140, 230), (140, 230)]).rect(40, 20).extrude(90)
stop = cq.Workplane("XY").box(320, 8, 16).translate((0, 4, 32))
fixture = platform.cut(slots).union(legs).union(stop)
