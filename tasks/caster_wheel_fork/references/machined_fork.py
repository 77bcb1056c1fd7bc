"""Swivel caster with a fork machined from solid, as three captive bodies: plate with stem, fork with axle, wheel.

Millimetres. The swivel axis is z, the floor is z = 0, the axle lies along y. The wheel stands right below the stem,
without trail: the load is central, and the caster is turned by hand, as on gates and levelled tables.
"""

import cadquery as cq

overall_height = 130.0

# Mounting plate.
plate_length = 90.0
plate_width = 80.0
plate_thickness = 8.0
plate_corner_chamfer = 9.0
hole_diameter = 9.0
hole_pitch_x = 64.0
hole_pitch_y = 54.0

# Swivel stem: welded below the plate. Its shoulder rests on the crown, its journal ends in a nut below the crown.
stem_diameter = 24.0
journal_diameter = 14.0
nut_size = 22.0
nut_height = 7.0
nut_headroom = 3.5  # above the wheel
weld_size = 3.0
swivel_clearance = 0.4

# U-shaped fork: a thick crown and two straight legs with round ends.
fork_inside_width = 34.0
leg_thickness = 8.0
leg_width = 32.0
crown_thickness = 11.0
inside_corner_radius = 6.0
outside_corner_radius = 12.0
leg_edge_chamfer = 1.5

# Axle: a smooth pin pressed into both legs, with a flat head on one side and a washer and snap ring on the other.
axle_diameter = 12.0
axle_head_diameter = 20.0
axle_head_height = 3.0
washer_height = 2.0
pin_overhang = 5.0
pin_chamfer = 1.0

# Wheel: one solid disc of polyurethane with recessed sides.
wheel_diameter = 80.0
wheel_width = 28.0
tread_edge_radius = 5.0
hub_diameter = 28.0
hub_side_clearance = 0.8
recess_depth = 5.0
recess_outer_diameter = 58.0
bore_clearance = 0.3

wheel_radius = wheel_diameter / 2
axle_height = wheel_radius
plate_bottom = overall_height - plate_thickness
nut_bottom = wheel_diameter + nut_headroom
crown_bottom = nut_bottom + nut_height + swivel_clearance
crown_top = crown_bottom + crown_thickness
fork_outside_width = fork_inside_width + 2 * leg_thickness


def disc(diameter, bottom, height):
    """A cylinder about the swivel axis."""
    return cq.Workplane("XY", origin=(0, 0, bottom)).circle(diameter / 2).extrude(height)


def make_mounting_plate():
    """The top plate with its corners cut off and four bolt holes."""
    plate = cq.Workplane("XY", origin=(0, 0, plate_bottom)).rect(plate_length, plate_width).extrude(plate_thickness)
    plate = plate.edges("|Z").chamfer(plate_corner_chamfer)
    corners = plate.faces(">Z").workplane().rect(hole_pitch_x, hole_pitch_y, forConstruction=True).vertices()
    return corners.hole(hole_diameter)


def make_swivel_stem():
    """Shoulder, journal and nut, with the weld that holds the stem to the plate."""
    shoulder_bottom = crown_top + swivel_clearance
    shoulder = disc(stem_diameter, shoulder_bottom, plate_bottom - shoulder_bottom)
    weld = disc(stem_diameter + 2 * weld_size, plate_bottom - weld_size, weld_size)
    weld = weld.faces("<Z").edges().chamfer(0.99 * weld_size)
    journal = disc(journal_diameter, nut_bottom, shoulder_bottom - nut_bottom)
    nut = cq.Workplane("XY", origin=(0, 0, nut_bottom)).polygon(6, nut_size, circumscribed=True).extrude(nut_height)
    return shoulder.union(weld).union(journal).union(nut)


def make_leg_outline():
    """The fork from the side: as wide as a leg, round at the axle."""
    half = leg_width / 2
    outline = (
        cq.Workplane("XZ")
        .moveTo(-half, crown_top)
        .lineTo(-half, axle_height)
        .threePointArc((0, axle_height - half), (half, axle_height))
        .lineTo(half, crown_top)
        .close()
    )
    return outline.extrude(fork_outside_width / 2, both=True)


def make_u_fork():
    """A block, cut out for the wheel, with its outline and the bore in which the journal turns."""
    block = make_leg_outline().edges("|X and >Z").fillet(outside_corner_radius)
    block = block.faces("<Y or >Y").edges().chamfer(leg_edge_chamfer)
    room = cq.Workplane("XY").box(2 * leg_width, fork_inside_width, crown_bottom, centered=(True, True, False))
    room = room.edges("|X and >Z").fillet(inside_corner_radius)
    bore = disc(journal_diameter + 2 * swivel_clearance, crown_bottom - 1, crown_thickness + 2)
    return block.cut(room).cut(bore)


def across(start, diameter, length):
    """A cylinder about the axle, from y = start on."""
    return cq.Workplane("XZ", origin=(0, start + length, axle_height)).circle(diameter / 2).extrude(length)


def make_axle():
    """The pin through both legs with its head and its washer."""
    half = fork_outside_width / 2
    pin = across(-half, axle_diameter, 2 * half + pin_overhang).faces(">Y").chamfer(pin_chamfer)
    head = across(-half - axle_head_height, axle_head_diameter, axle_head_height).faces("<Y").chamfer(pin_chamfer)
    washer = across(half, axle_head_diameter, washer_height)
    return pin.union(head).union(washer)


def make_wheel():
    """Hub, recessed disc and a tread with round edges, turned about the axle; the profile hangs below it."""
    half = wheel_width / 2
    hub = fork_inside_width / 2 - hub_side_clearance
    bore = axle_diameter / 2 + bore_clearance
    web = half - recess_depth
    recess = recess_outer_diameter / 2
    flank = wheel_radius - tread_edge_radius
    tread = half - tread_edge_radius
    bulge = tread_edge_radius * 0.7071
    profile = (
        cq.Workplane("YZ", origin=(0, 0, axle_height))
        .moveTo(-hub, -bore)
        .lineTo(-hub, -hub_diameter / 2)
        .lineTo(-web, -hub_diameter / 2)
        .lineTo(-web, -recess)
        .lineTo(-half, -recess)
        .lineTo(-half, -flank)
        .threePointArc((-tread - bulge, -flank - bulge), (-tread, -wheel_radius))
        .lineTo(tread, -wheel_radius)
        .threePointArc((tread + bulge, -flank - bulge), (half, -flank))
        .lineTo(half, -recess)
        .lineTo(web, -recess)
        .lineTo(web, -hub_diameter / 2)
        .lineTo(hub, -hub_diameter / 2)
        .lineTo(hub, -bore)
        .close()
    )
    return profile.revolve(360, (0, 0, 0), (1, 0, 0))


def make_caster():
    """The three bodies in place: the fork turns on the plate's stem, the wheel turns on the fork's axle."""
    top = make_mounting_plate().union(make_swivel_stem())
    fork = make_u_fork().union(make_axle())
    bodies = [top, fork, make_wheel()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound([body.val() for body in bodies])])


fixture = make_caster()
