import cadquery as cq

plate = cq.Workplane().box(60, 40, 6)
boss = cq.Workplane().cylinder(20, 8)
cq.exporters.export(plate.union(boss), "bracket.stl")
