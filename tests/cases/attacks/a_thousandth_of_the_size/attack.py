import cadquery as cq

top = cq.Workplane("XY").box(0.9, 0.6, 0.026).translate((0, 0, 0.707))
for x in (-0.408, 0, 0.408):
    for y in (-0.258, 0.258):
        top = top.union(cq.Workplane("XY").box(0.044, 0.044, 0.7).translate((x, y, 0.35)))
fixture = top
