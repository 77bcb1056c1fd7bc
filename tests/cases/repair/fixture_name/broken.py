import cadquery as cq

plate = cq.Workplane("XY").box(60, 40, 6)
final_plate = plate.faces(">Z").workplane().hole(8)
