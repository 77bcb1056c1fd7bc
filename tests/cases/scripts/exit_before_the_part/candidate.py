raise SystemExit
fixture = cq.Workplane().box(1, 2, 3)
