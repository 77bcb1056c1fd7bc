import cadquery as cq
system = 'metric'
popen = len(system)
fixture = cq.Workplane().box(popen, 2, 3)
