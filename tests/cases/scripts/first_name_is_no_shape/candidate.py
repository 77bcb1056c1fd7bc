import cadquery as cq
model = "M8"
body = len
part = cq.Workplane().box(1, 2, 3)
