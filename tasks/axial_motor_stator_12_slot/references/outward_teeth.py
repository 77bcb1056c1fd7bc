"""Stator of a motor with an outer rotor: a ring about the opening for the shaft, with twelve teeth that point outwards.

Millimetres. The motor axis is z, the stack of laminations stands on z = 0. The ring sits on the bearing tube of the
shaft; the bell with the magnets turns around the tooth tips.
"""

import math

import cadquery as cq

slot_count = 12
outer_diameter = 180.0
stack_height = 30.0
shaft_opening_diameter = 60.0
opening_chamfer = 1.0

# The ring closes the flux path between the teeth and is pressed onto the bearing tube.
ring_outer_diameter = 92.0
tooth_width = 13.0
tooth_root_radius = 3.0

# Tips: wide ends that hold the coil on its tooth and leave a mouth for the wire.
slot_mouth_width = 9.0
tip_edge_height = 3.0
tip_taper_height = 4.5

outer_radius = outer_diameter / 2
ring_radius = ring_outer_diameter / 2
slot_pitch = 360.0 / slot_count


def make_center_ring():
    """The ring, with its bore chamfered at both ends."""
    ring = cq.Workplane("XY").circle(ring_radius).circle(shaft_opening_diameter / 2).extrude(stack_height)
    return ring.edges("%CIRCLE").edges(cq.selectors.RadiusNthSelector(0)).chamfer(opening_chamfer)


def make_radial_tooth():
    """A tooth along +x with its T-shaped tip, from inside the ring to the air gap."""
    half_width = tooth_width / 2
    half_tip = outer_radius * math.sin(math.radians(slot_pitch / 2)) - slot_mouth_width / 2
    tip_corner = math.sqrt(outer_radius**2 - half_tip**2)
    inside = tip_corner - tip_edge_height
    shoulder = inside - tip_taper_height
    start = (ring_radius + shaft_opening_diameter / 2) / 2
    outline = (
        cq.Workplane("XY")
        .moveTo(start, -half_width)
        .lineTo(shoulder, -half_width)
        .lineTo(inside, -half_tip)
        .lineTo(tip_corner, -half_tip)
        .threePointArc((outer_radius, 0), (tip_corner, half_tip))
        .lineTo(inside, half_tip)
        .lineTo(shoulder, half_width)
        .lineTo(start, half_width)
        .close()
    )
    return outline.extrude(stack_height)


def make_twelve_teeth():
    """All teeth, one of them along +x."""
    tooth = make_radial_tooth().val()
    return [tooth.rotate((0, 0, 0), (0, 0, 1), slot_pitch * index) for index in range(slot_count)]


def round_tooth_roots(body):
    """Rounds the corners between ring and teeth, where the stack would crack."""
    reach = ring_radius + 1
    near_ring = cq.selectors.BoxSelector((-reach, -reach, -1), (reach, reach, stack_height + 1))
    return body.edges("|Z").edges(near_ring).fillet(tooth_root_radius)


def make_stator():
    """Ring and teeth in one stack."""
    body = make_center_ring().val().fuse(*make_twelve_teeth())
    rounded = round_tooth_roots(cq.Workplane("XY").newObject([body.clean()]))
    return rounded


fixture = make_stator()
