import cadquery as cq

plate_length = 60.0
plate_width = 40.0
plate_thickness = 6.0
fixture = cq.Workplane("XY").box(plate_length, plate_width, height=plate_thickness)
