import cadquery as cq

thickness = 14
lower = cq.Workplane("XZ", origin=(0, 7, 0)).polyline([(5, 10), (30, 10), (125, 128), (105, 140)]).close().extrude(14)
lower = lower.cut(cq.Workplane("XZ", origin=(18, 20, 18)).circle(5).extrude(40))
upper = cq.Workplane("XZ", origin=(0, 7, 0)).polyline([(140, 150), (150, 170), (240, 110), (230, 90)]).close()
upper = upper.extrude(14)
knob = cq.Workplane("XZ", origin=(130, -20, 158)).circle(18).extrude(20)
mount = cq.Workplane("XZ", origin=(236, 40, 70)).circle(24).circle(10).extrude(14)
fixture = lower.union(upper).union(knob).union(mount)
