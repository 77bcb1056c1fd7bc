import cadquery as cq

# Caster wheel, second step: the U-shaped fork hangs from the swivel stem and reaches down to the axle.
total_height = 130.0
plate_length = 90.0
plate_width = 80.0
plate_thickness = 6.0
hole_diameter = 8.0
hole_spacing_x = 66.0
hole_spacing_y = 56.0
stem_diameter = 22.0
stem_length = 36.0
fork_gap = 34.0
fork_thickness = 5.0
fork_length = 36.0
axle_height = 36.0

plate_bottom = total_height - plate_thickness
fork_top = plate_bottom - stem_length
fork_width = fork_gap + 2 * fork_thickness


def make_mounting_plate():
    plate = cq.Workplane("XY").box(plate_length, plate_width, plate_thickness, centered=(True, True, False))
    return plate.translate((0, 0, plate_bottom))


def cut_four_holes(plate):
    points = [(sx * hole_spacing_x / 2, sy * hole_spacing_y / 2) for sx in (-1, 1) for sy in (-1, 1)]
    holes = cq.Workplane("XY").pushPoints(points).circle(hole_diameter / 2).extrude(total_height)
    return plate.cut(holes)


def make_swivel_stem():
    stem = cq.Workplane("XY").circle(stem_diameter / 2).extrude(stem_length)
    return stem.translate((0, 0, fork_top))


def make_u_fork():
    leg_bottom = axle_height - fork_length / 2
    block = cq.Workplane("XY").box(fork_length, fork_width, fork_top - leg_bottom, centered=(True, True, False))
    gap = cq.Workplane("XY").box(
        fork_length + 2, fork_gap, fork_top - fork_thickness - leg_bottom, centered=(True, True, False)
    )
    return block.cut(gap).translate((0, 0, leg_bottom))


fixture = cut_four_holes(make_mounting_plate()).union(make_swivel_stem()).union(make_u_fork())
