import cadquery as cq

plates = [cq.Workplane().box(60, 40, 6)]
for plate in plates:
    drilled, size = plate.faces(">Z").workplane().hole(8), 8
fixture = drilled
