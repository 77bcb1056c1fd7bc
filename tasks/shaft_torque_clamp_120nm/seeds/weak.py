import cadquery as cq

# A bar with a hole at its end.
bar = cq.Workplane("XY").box(160, 40, 40).translate((80, 0, 20))
fixture = bar.cut(cq.Workplane("XZ", origin=(130, 40, 20)).circle(12).extrude(80))
