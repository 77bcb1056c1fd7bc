"""Swivel caster with a top plate, as three captive bodies: plate, swivelling frame, wheel.

Millimetres. The swivel axis is z, the floor is z = 0, the caster rolls along x and its axle lies along y.
"""

import cadquery as cq

overall_height = 130.0

# Mounting plate with the race that the stem turns in.
plate_length = 90.0
plate_width = 80.0
plate_thickness = 6.0
plate_corner_radius = 10.0
edge_chamfer = 1.0
hole_diameter = 8.5
hole_pitch_x = 66.0
hole_pitch_y = 58.0
race_diameter = 40.0
race_height = 9.0

# Swivel stem: its shoulder carries the load, its head, sunk in the plate, keeps plate and fork together.
stem_diameter = 16.0
stem_shoulder_diameter = 24.0
stem_head_diameter = 26.0
stem_head_height = 3.5
stem_collar_diameter = 32.0
stem_collar_height = 9.0
swivel_clearance = 0.4

# U-shaped fork, bent from sheet.
fork_inside_width = 36.0
fork_sheet = 4.0
fork_bend_radius = 2.0
fork_crown_length = 50.0
fork_eye_radius = 12.0
fork_trail = 7.0
wheel_headroom = 5.0

# Axle: a shoulder bolt, pressed into both legs.
axle_diameter = 10.0
axle_head_size = 18.0
axle_head_height = 5.0
nut_height = 6.0
thread_overhang = 3.0

# Wheel with hub, web, rim and tyre.
wheel_diameter = 75.0
tyre_width = 28.0
tyre_thickness = 8.0
tyre_shoulder = 3.5
rim_width = 24.0
rim_thickness = 3.5
web_thickness = 8.0
hub_diameter = 25.0
hub_side_clearance = 0.8
bore_clearance = 0.3

wheel_radius = wheel_diameter / 2
axle_height = wheel_radius
plate_bottom = overall_height - plate_thickness
crown_bottom = wheel_diameter + wheel_headroom
crown_top = crown_bottom + fork_sheet
fork_outside_width = fork_inside_width + 2 * fork_sheet


def disc(diameter, bottom, height):
    """A cylinder about the swivel axis."""
    return cq.Workplane("XY", origin=(0, 0, bottom)).circle(diameter / 2).extrude(height)


def drill_four_holes(plate):
    """The four bolt holes, through the whole plate."""
    corners = plate.faces(">Z").workplane().rect(hole_pitch_x, hole_pitch_y, forConstruction=True).vertices()
    return corners.hole(hole_diameter)


def make_mounting_plate():
    """The top plate and its race, bored for the stem and counterbored for its head."""
    plate = (
        cq.Workplane("XY", origin=(0, 0, plate_bottom))
        .rect(plate_length, plate_width)
        .extrude(plate_thickness)
        .edges("|Z")
        .fillet(plate_corner_radius)
        .faces(">Z")
        .chamfer(edge_chamfer)
    )
    race = disc(race_diameter, plate_bottom - race_height, race_height)
    race = race.faces("<Z").chamfer(edge_chamfer)
    head_seat = overall_height - stem_head_height - swivel_clearance
    bore = disc(stem_diameter + 2 * swivel_clearance, 0, overall_height)
    counterbore = disc(stem_head_diameter + 2 * swivel_clearance, head_seat, overall_height - head_seat)
    return drill_four_holes(plate.union(race)).cut(bore).cut(counterbore)


def make_swivel_stem():
    """A collar on the fork's crown, the shoulder that bears the plate, the journal through it and the head."""
    shoulder_top = plate_bottom - race_height - swivel_clearance
    collar = disc(stem_collar_diameter, crown_top, stem_collar_height).faces(">Z").chamfer(edge_chamfer)
    shoulder = disc(stem_shoulder_diameter, crown_top, shoulder_top - crown_top)
    journal = disc(stem_diameter, crown_top, overall_height - crown_top)
    head = disc(stem_head_diameter, overall_height - stem_head_height, stem_head_height)
    return collar.union(shoulder).union(journal).union(head)


def make_u_fork():
    """Crown and two raked legs: a bent channel, cut to the outline that its side view shows."""
    outside = (
        cq.Workplane("XY")
        .box(plate_length, fork_outside_width, crown_top, centered=(True, True, False))
        .edges("|X and >Z")
        .fillet(fork_bend_radius + fork_sheet)
    )
    inside = (
        cq.Workplane("XY")
        .box(plate_length, fork_inside_width, crown_bottom, centered=(True, True, False))
        .edges("|X and >Z")
        .fillet(fork_bend_radius)
    )
    half_crown = fork_crown_length / 2
    outline = (
        cq.Sketch()
        .segment((-half_crown, crown_top), (half_crown, crown_top))
        .arc((-fork_trail, axle_height), fork_eye_radius, 0.0, 360.0)
        .hull()
    )
    side_view = cq.Workplane("XZ").placeSketch(outline).extrude(fork_outside_width / 2, both=True)
    return outside.cut(inside).intersect(side_view)


def make_axle():
    """A bolt across both legs with a hexagonal head, a nut and the end of its thread."""
    half = fork_outside_width / 2
    centre = (-fork_trail, 0, axle_height)
    across = cq.Workplane("XZ", origin=centre)  # its normal is -y
    bolt = across.workplane(offset=-half).circle(axle_diameter / 2).extrude(2 * half + nut_height + thread_overhang)
    nut = across.workplane(offset=half).polygon(6, axle_head_size, circumscribed=True).extrude(nut_height)
    head = across.workplane(offset=-half).polygon(6, axle_head_size, circumscribed=True).extrude(-axle_head_height)
    return bolt.union(nut).union(head)


def make_wheel():
    """Hub, web, rim and tyre, turned about the axle. The profile hangs below it, from the bore to the floor."""
    hub = fork_inside_width / 2 - hub_side_clearance
    rim_radius = wheel_radius - tyre_thickness
    web_radius = rim_radius - rim_thickness
    bore = axle_diameter / 2 + bore_clearance
    tread = tyre_width / 2 - tyre_shoulder
    flank = wheel_radius - tyre_shoulder
    profile = (
        cq.Workplane("YZ", origin=(-fork_trail, 0, axle_height))
        .moveTo(-hub, -bore)
        .lineTo(-hub, -hub_diameter / 2)
        .lineTo(-web_thickness / 2, -hub_diameter / 2)
        .lineTo(-web_thickness / 2, -web_radius)
        .lineTo(-rim_width / 2, -web_radius)
        .lineTo(-rim_width / 2, -rim_radius)
        .lineTo(-tyre_width / 2, -rim_radius)
        .lineTo(-tyre_width / 2, -flank)
        .lineTo(-tread, -wheel_radius)
        .lineTo(tread, -wheel_radius)
        .lineTo(tyre_width / 2, -flank)
        .lineTo(tyre_width / 2, -rim_radius)
        .lineTo(rim_width / 2, -rim_radius)
        .lineTo(rim_width / 2, -web_radius)
        .lineTo(web_thickness / 2, -web_radius)
        .lineTo(web_thickness / 2, -hub_diameter / 2)
        .lineTo(hub, -hub_diameter / 2)
        .lineTo(hub, -bore)
        .close()
    )
    return profile.revolve(360, (0, 0, 0), (1, 0, 0))


def make_caster():
    """The three bodies in place: the frame turns in the plate, the wheel turns on the frame's axle."""
    frame = make_u_fork().union(make_swivel_stem()).union(make_axle())
    bodies = [make_mounting_plate(), frame, make_wheel()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound([body.val() for body in bodies])])


fixture = make_caster()
