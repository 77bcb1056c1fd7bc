"""Parallel gripper with two fingers: palm, two fingers and four linkage bars with their pins, seven bodies with clearances.

Millimetres, the flange is x = 0, the fingers point to +x and move in the plane z = 30. Each finger hangs on two parallel
bars of equal length, so its pad stays parallel to the other one.
"""

import math

import cadquery as cq

overall_length = 160.0
palm_length = 50.0
palm_width = 120.0
palm_height = 60.0
palm_corner_radius = 10.0
mounting_hole_diameter = 6.6
mounting_pitch_y = 60.0
mounting_pitch_z = 40.0
pocket_height = 24.0
pocket_depth = 32.0
pocket_width = 108.0

pin_diameter = 8.0
pin_clearance = 0.25
bar_thickness = 9.0
bar_width = 15.0
bar_side_clearance = 0.5
bar_length = 46.0
bar_angle = 12.0  # how far the bars lean outwards
palm_pivot_x = 34.0
inner_pivot_y = 19.4
pivot_distance = 21.0  # between the two pivots of a finger

finger_thickness = 24.0
finger_depth = 18.0
pivot_boss_diameter = 20.0
pad_gap = 40.0
pad_length = 36.0
pad_thickness = 6.0
pad_groove_depth = 1.2
pad_groove_pitch = 6.0

middle_z = palm_height / 2
lean = math.radians(bar_angle)
finger_pivot_x = palm_pivot_x + bar_length * math.cos(lean)
finger_shift = bar_length * math.sin(lean)


def pin(x, y, diameter, length):
    """A cylinder along z, centred on the plane of the fingers."""
    return cq.Workplane("XY", origin=(x, y, middle_z - length / 2)).circle(diameter / 2).extrude(length)


def palm_pivots():
    """Both pivots in the palm on +y, as (x, y)."""
    return [(palm_pivot_x, inner_pivot_y), (palm_pivot_x, inner_pivot_y + pivot_distance)]


def finger_pivots():
    """Both pivots in the finger on +y."""
    return [(finger_pivot_x, y + finger_shift) for _, y in palm_pivots()]


def make_palm_block():
    """The block with its pocket, the flange's mounting_hole pattern and the bores of four pivots."""
    block = cq.Workplane("XY").box(palm_length, palm_width, palm_height, centered=(False, True, False))
    block = block.edges("|Z and >X").fillet(palm_corner_radius)
    pocket = cq.Workplane("XY", origin=(palm_length - pocket_depth, 0, middle_z))
    block = block.cut(pocket.box(palm_length, pocket_width, pocket_height, centered=(False, True, True)))
    corners = cq.Workplane("YZ", origin=(0, 0, middle_z)).rect(mounting_pitch_y, mounting_pitch_z, forConstruction=True)
    block = block.cut(corners.vertices().circle(mounting_hole_diameter / 2).extrude(palm_length))
    for x, y in palm_pivots():
        for side in (-1, 1):
            block = block.cut(pin(x, side * y, pin_diameter + 2 * pin_clearance, 2 * palm_height))
    return block


def make_linkage_bar(start, end):
    """A bar between two pivots with a pin at either end; the pin in the palm is longer."""
    (x0, y0), (x1, y1) = start, end
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    bar = cq.Workplane("XY").slot2D(bar_length + bar_width, bar_width).extrude(bar_thickness / 2, both=True)
    bar = bar.rotate((0, 0, 0), (0, 0, 1), bar_angle).translate((*middle, middle_z))
    return bar.union(pin(x0, y0, pin_diameter, palm_height)).union(pin(x1, y1, pin_diameter, finger_thickness))


def make_finger_outline():
    """The finger on +y seen from above: from its pivot bosses inwards and forwards to the tip."""
    (x0, y0), (x1, y1) = finger_pivots()
    boss = pivot_boss_diameter / 2
    pad_back = pad_gap / 2 + pad_thickness / 2
    tip = overall_length - pad_length
    return [
        (x0 - boss, y0),
        (x1 - boss, y1),
        (x1 + boss, y1),
        (tip, pad_back + finger_depth),
        (overall_length, pad_back + finger_depth * 0.6),
        (overall_length, pad_back),
        (tip, pad_back),
        (x0 + boss, y0),
    ]


def make_finger():
    """The finger on +y with both pivot_boss rounds, forked around its bars and bored for their pins."""
    body = cq.Workplane("XY").polyline(make_finger_outline()).close().extrude(finger_thickness / 2, both=True)
    body = body.translate((0, 0, middle_z))
    for x, y in finger_pivots():
        body = body.union(pin(x, y, pivot_boss_diameter, finger_thickness))
    for x, y in finger_pivots():
        room = cq.Workplane("XY", origin=(x, y, middle_z)).slot2D(bar_length + bar_width, bar_width + 6 * bar_side_clearance)
        room = room.extrude(bar_thickness / 2 + bar_side_clearance, both=True).translate((-bar_length / 2, 0, 0))
        body = body.cut(room.rotate((x, y, 0), (x, y, 1), bar_angle))
        body = body.cut(pin(x, y, pin_diameter + 2 * pin_clearance, finger_thickness))
    return body.union(make_fingertip_pad())


def make_fingertip_pad():
    """The pad on the inner face of the finger on +y, grooved across."""
    start = overall_length - pad_length
    pad = cq.Workplane("XY", origin=(start, pad_gap / 2, middle_z))
    pad = pad.box(pad_length, pad_thickness, finger_thickness, centered=(False, False, True))
    count = int(pad_length / pad_groove_pitch) - 1
    places = [(start + (index + 1) * pad_groove_pitch, pad_gap / 2) for index in range(count)]
    grooves = cq.Workplane("XY").pushPoints(places).rect(2 * pad_groove_depth, 2 * pad_groove_depth)
    return pad.cut(grooves.extrude(palm_height))


def make_two_finger_robot_gripper():
    """All seven bodies, those on -y mirrored."""
    half = [make_linkage_bar(a, b) for a, b in zip(palm_pivots(), finger_pivots())] + [make_finger()]
    bodies = [make_palm_block()] + half + [body.mirror("XZ") for body in half]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound([body.val() for body in bodies])])


fixture = make_two_finger_robot_gripper()
