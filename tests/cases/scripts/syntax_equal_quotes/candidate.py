import cadquery as cq
size = {"x": 1.0, "y": 2.0}
name = f"{size["x"]} by {size["y"]:.1f} {{mm}}"
print(name)
result = cq.Workplane().box(size["x"], size["y"], 3)
