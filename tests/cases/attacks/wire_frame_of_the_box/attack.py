import cadquery as cq

frame = cq.Workplane("XY").box(500, 500, 900)
for size in ((480, 480, 1000), (480, 600, 880), (600, 480, 880)):
    frame = frame.cut(cq.Workplane("XY").box(*size))
fixture = frame.translate((0, 250, 450))
