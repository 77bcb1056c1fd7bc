"""Caster with wheel, axle, u_fork, swivel_stem, mounting_plate, four_holes."""
import cadquery as cq

# caster wheel axle u_fork swivel_stem mounting_plate four_holes
wheel_diameter = 75.0
axle_diameter = 10.0
stem_diameter = 16.0
plate = cq.Workplane("XY").box(44, 44, 4).translate((0, 0, 2))
fixture = plate.clean()
