import cadquery as cq

# Caster wheel, fourth step: the wheel as two circles, with a hub that is wider than its tyre and a recessed web.
total_height = 130.0
plate_length = 90.0
plate_width = 80.0
plate_thickness = 6.0
plate_corner = 8.0
hole_diameter = 8.0
hole_spacing_x = 66.0
hole_spacing_y = 56.0
stem_diameter = 24.0
fork_gap = 36.0
fork_thickness = 4.0
fork_top_length = 50.0
fork_bottom_length = 24.0
wheel_diameter = 75.0
wheel_width = 28.0
wheel_clearance = 5.0
axle_diameter = 10.0
axle_head_diameter = 18.0
axle_head_height = 5.0
bore_clearance = 0.4
hub_diameter = 26.0
hub_width = 32.0
rim_diameter = 56.0
web_thickness = 10.0
tyre_chamfer = 3.0

plate_bottom = total_height - plate_thickness
axle_height = wheel_diameter / 2
fork_top = wheel_diameter + wheel_clearance + fork_thickness
fork_width = fork_gap + 2 * fork_thickness


def make_mounting_plate():
    plate = cq.Workplane("XY").box(plate_length, plate_width, plate_thickness, centered=(True, True, False))
    return plate.edges("|Z").fillet(plate_corner).translate((0, 0, plate_bottom))


def cut_four_holes(plate):
    points = [(sx * hole_spacing_x / 2, sy * hole_spacing_y / 2) for sx in (-1, 1) for sy in (-1, 1)]
    holes = cq.Workplane("XY").pushPoints(points).circle(hole_diameter / 2).extrude(total_height)
    return plate.cut(holes)


def make_swivel_stem():
    stem = cq.Workplane("XY").circle(stem_diameter / 2).extrude(plate_bottom - fork_top)
    return stem.translate((0, 0, fork_top))


def make_u_fork():
    top, bottom = fork_top_length / 2, fork_bottom_length / 2
    outline = [(-top, fork_top), (top, fork_top), (bottom, axle_height), (-bottom, axle_height)]
    legs = cq.Workplane("XZ").polyline(outline).close().extrude(fork_width / 2, both=True)
    eye = cq.Workplane("XZ").center(0, axle_height).circle(bottom).extrude(fork_width / 2, both=True)
    gap = cq.Workplane("XY").box(plate_length, fork_gap, fork_top - fork_thickness, centered=(True, True, False))
    return legs.union(eye).cut(gap)


def make_axle():
    across = cq.Workplane("XZ").center(0, axle_height)
    pin = across.circle(axle_diameter / 2).extrude(fork_width / 2 + axle_head_height, both=True)
    heads = across.circle(axle_head_diameter / 2).extrude(fork_width / 2 + axle_head_height, both=True)
    between = cq.Workplane("XY").box(plate_length, fork_width, fork_top, centered=(True, True, False))
    return pin.union(heads.cut(between))


def make_wheel_ring(outer_diameter, inner_diameter, width):
    across = cq.Workplane("XZ").center(0, axle_height)
    return across.circle(outer_diameter / 2).circle(inner_diameter / 2).extrude(width / 2, both=True)


def make_wheel():
    bore_diameter = axle_diameter + 2 * bore_clearance
    hub = make_wheel_ring(hub_diameter, bore_diameter, hub_width)
    web = make_wheel_ring(rim_diameter, bore_diameter, web_thickness)
    tyre = make_wheel_ring(wheel_diameter, rim_diameter, wheel_width)
    tyre = tyre.faces("<Y or >Y").edges(cq.selectors.RadiusNthSelector(-1)).chamfer(tyre_chamfer)
    return tyre.union(web).union(hub)


plate = cut_four_holes(make_mounting_plate())
frame = plate.union(make_swivel_stem()).union(make_u_fork()).union(make_axle())
fixture = frame.union(make_wheel())
