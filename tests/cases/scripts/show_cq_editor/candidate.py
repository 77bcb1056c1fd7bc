import cadquery as cq
a = cq.Workplane().box(1, 2, 3)
show_object(a, name="a", options={"alpha": 0.5, "color": (64, 164, 223)})
