import cadquery as cq
size = {"x": 1.0}
name = f"{size["x"}"
result = cq.Workplane().box(1, 2, 3)
