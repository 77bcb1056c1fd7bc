import cadquery as cq

thickness = 8
platform = cq.Workplane("XY").box(320, 240, thickness).translate((0, 120, 60))
slots = cq.Workplane("XY").pushPoints([(0, 48 + 36 * i) for i in range(vent_count)]).slot2D(200, 14).extrude(100)
fixture = platform.cut(slots)
