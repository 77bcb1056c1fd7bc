import cadquery as cq
cq.Workplane.box = cq.Workplane.union = cq.exporters.export = lambda *a, **k: 1 / 0
cq.Shape.wrapped = None
fixture = cq.Workplane().sphere(1)
