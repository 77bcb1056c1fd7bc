import cadquery as cq

plate_width = 40.0
plate_height = 6.0
fixture = cq.Workplane("XY").box(plate_width, plate_width, plate_height)
