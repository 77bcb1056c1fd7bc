import cadquery as cq

fixture = cq.Box(10, 20, 30).union(cq.Sphere(12))
