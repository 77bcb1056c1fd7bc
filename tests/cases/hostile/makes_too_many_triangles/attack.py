import cadquery as cq
fixture = cq.Workplane().sphere(10)
