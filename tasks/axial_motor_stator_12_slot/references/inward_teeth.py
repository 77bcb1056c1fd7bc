"""Stator of a motor with an inner rotor: an outer ring with twelve teeth that point inwards at the opening for the shaft.

Millimetres. The motor axis is z, the stack of laminations stands on z = 0. The rotor on its shaft turns in the opening
that the tooth tips leave.
"""

import math

import cadquery as cq

slot_count = 12
outer_diameter = 180.0
stack_height = 30.0
shaft_opening_diameter = 96.0
housing_chamfer = 1.0  # leads the stack into its housing

# The ring carries half of a tooth's flux, and is stiff enough to be pressed in.
ring_width = 11.0
tooth_width = 15.0  # parallel sides: the slots between them are wedges
slot_root_radius = 2.5

# Tips widen each tooth at the opening and leave a mouth through which the wire is laid.
slot_mouth_width = 4.0
tip_height = 2.0
tip_taper_height = 3.0

outer_radius = outer_diameter / 2
opening_radius = shaft_opening_diameter / 2
slot_root = outer_radius - ring_width
slot_pitch = 360.0 / slot_count
half_pitch = math.radians(slot_pitch / 2)


def make_lamination_ring():
    """The ring out of which the slots are cut, chamfered where it enters the housing."""
    ring = cq.Workplane("XY").circle(outer_radius).extrude(stack_height)
    ring = ring.edges("%CIRCLE").chamfer(housing_chamfer)
    return ring.cut(cq.Workplane("XY").circle(opening_radius).extrude(stack_height))


def flank_point(along_tooth):
    """The point of the flank of the tooth beside the slot, at a distance along that tooth; the slot lies along +x."""
    half_width = tooth_width / 2
    x = along_tooth * math.cos(half_pitch) + half_width * math.sin(half_pitch)
    y = along_tooth * math.sin(half_pitch) - half_width * math.cos(half_pitch)
    return x, y


def make_slot():
    """The space of one slot along +x: mouth, taper below the tips, flanks of the two teeth, root in the ring."""
    half_mouth = slot_mouth_width / 2
    mouth = opening_radius + tip_height
    shoulder = flank_point(opening_radius + tip_height + tip_taper_height)
    root = flank_point(math.sqrt(slot_root**2 - (tooth_width / 2) ** 2))
    outline = (
        cq.Workplane("XY")
        .moveTo(opening_radius / 2, -half_mouth)
        .lineTo(mouth, -half_mouth)
        .lineTo(shoulder[0], -shoulder[1])
        .lineTo(root[0], -root[1])
        .threePointArc((slot_root, 0), root)
        .lineTo(*shoulder)
        .lineTo(mouth, half_mouth)
        .lineTo(opening_radius / 2, half_mouth)
        .close()
    )
    slot = outline.extrude(stack_height)
    corners = cq.selectors.BoxSelector((root[0] - 1, -slot_root, -1), (slot_root, slot_root, stack_height + 1))
    return slot.edges("|Z").edges(corners).fillet(slot_root_radius)


def make_twelve_slots():
    """All slots, turned by half a pitch so that a tooth lies along +x."""
    slot = make_slot().val()
    return [slot.rotate((0, 0, 0), (0, 0, 1), slot_pitch * (index + 0.5)) for index in range(slot_count)]


def make_stator():
    """What the slots leave of the ring: twelve radial teeth with tips, joined by the ring outside of them."""
    return cq.Workplane("XY").newObject([make_lamination_ring().val().cut(*make_twelve_slots())])


fixture = make_stator()
