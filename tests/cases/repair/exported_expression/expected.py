import cadquery as cq

plate = cq.Workplane().box(60, 40, 6)
boss = cq.Workplane().cylinder(20, 8)
fixture = plate.union(boss)
cq.exporters.export(fixture, "bracket.stl")
