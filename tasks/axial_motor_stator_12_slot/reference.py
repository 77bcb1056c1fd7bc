"""Stator of an axial-flux motor: a back-iron ring with twelve radial teeth standing on it.

Millimetres. The motor axis is z, the back of the ring is z = 0, the air gap lies above the tooth shoes. One
piece of electrical steel (wound strip or pressed powder), slots open towards the air gap.
"""

import cadquery as cq

slot_count = 12
outer_diameter = 180.0
overall_height = 30.0
shaft_opening_diameter = 64.0
bore_chamfer = 1.0

# Back iron: the ring that closes the flux path between neighbouring teeth.
back_iron_height = 12.0
tooth_circle_diameter = 98.0  # the teeth reach from here to the outer diameter

# Slots have parallel sides, so that every coil is wound from flat wire; the teeth between them are wedges.
slot_width = 14.0
slot_root_chamfer = 2.0

# Shoes: the tips overhang the slot from both sides and leave a narrow mouth.
slot_mouth_width = 6.0
shoe_tip_height = 2.5
shoe_taper_height = 2.0

outer_radius = outer_diameter / 2
slot_pitch = 360.0 / slot_count


def annulus(inner_diameter, height):
    """A ring on z = 0 from an inner diameter to the outer one."""
    return cq.Workplane("XY").circle(outer_radius).circle(inner_diameter / 2).extrude(height)


def make_back_iron_ring():
    """The circular ring, with its bore, the opening for the shaft, chamfered at both ends."""
    ring = annulus(shaft_opening_diameter, back_iron_height)
    center_bore = cq.selectors.RadiusNthSelector(0)
    return ring.edges("%CIRCLE").edges(center_bore).chamfer(bore_chamfer)


def make_radial_tooth_band():
    """The ring above the back iron out of which the teeth are cut."""
    return annulus(tooth_circle_diameter, overall_height - back_iron_height).translate((0, 0, back_iron_height))


def half_slot_outline():
    """Half of a slot's cross-section, root to mouth, as (distance from the slot's middle, height)."""
    half_width, half_mouth = slot_width / 2, slot_mouth_width / 2
    shoulder = overall_height - shoe_tip_height
    return [
        (half_width - slot_root_chamfer, back_iron_height),
        (half_width, back_iron_height + slot_root_chamfer),
        (half_width, shoulder - shoe_taper_height),
        (half_mouth, shoulder),
        (half_mouth, overall_height),
    ]


def make_slot():
    """The space of one slot along +x: a narrow mouth between two shoes, full width down to the back iron.

    It starts short of the teeth, where slots do not meet each other yet.
    """
    start = 0.45 * tooth_circle_diameter
    right = half_slot_outline()
    left = [(-offset, height) for offset, height in reversed(right)]
    return cq.Workplane("YZ", origin=(start, 0, 0)).polyline(right + left).close().extrude(outer_diameter)


def make_twelve_slots():
    """All slots, turned by half a pitch so that a tooth points along +x."""
    slot = make_slot().val()
    return [slot.rotate((0, 0, 0), (0, 0, 1), slot_pitch * (index + 0.5)) for index in range(slot_count)]


def make_stator():
    """Back iron and teeth in one solid: what the slots leave of the band is one tooth with its shoes a pitch."""
    body = make_back_iron_ring().union(make_radial_tooth_band(), clean=False).val()
    return cq.Workplane("XY").newObject([body.cut(*make_twelve_slots()).clean()])


fixture = make_stator()
