import cadquery as cq

plate_width = 90.0
plate_height = 180.0
plate_thickness = 8.0
bolt_hole_diameter = 9.0
bolt_pitch_y = 60.0
bolt_pitch_z = 140.0
bar_diameter = 22.0
hook_radius = 38.0
rib_thickness = 10.0
tip_height = 102.0
collar_length = 8.0
elbow_radius = 28.0
fixture = cq.Workplane("XY").box(160, 90, 180).translate((80, 0, 90))
