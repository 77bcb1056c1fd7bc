import cadquery as cq
from cadquery import exporters

plate = cq.Workplane().box(60, 40, 6)
lid = plate.faces(">Z").workplane().hole(8)
gauge = cq.Workplane().box(1, 2, 3)
exporters.export(lid, "lid.step")
