fixture = cq.Workplane().box(math.pi, 2, 3)
