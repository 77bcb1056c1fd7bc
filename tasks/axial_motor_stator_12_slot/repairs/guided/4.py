import cadquery as cq

# Axial motor stator, fourth step: full height, and slots with parallel sides that leave wedge-shaped teeth in
# the steel ring. Shoes on the teeth narrow the mouth of every slot at the air gap.
outer_diameter = 180.0
bore_diameter = 50.0
total_height = 30.0
ring_height = 10.0
shoe_height = 5.0
tooth_inner_diameter = 90.0
slot_width = 12.0
slot_mouth = 5.0
slot_count = 12

slot_middle = (outer_diameter + tooth_inner_diameter) / 4
slot_length = (outer_diameter - tooth_inner_diameter) / 2 + 2 * slot_width
half_pitch = 180.0 / slot_count


def make_ring(inner_diameter, bottom, top):
    ring = cq.Workplane("XY").circle(outer_diameter / 2).circle(inner_diameter / 2).extrude(top - bottom)
    return ring.translate((0, 0, bottom))


def make_twelve_slots(width, bottom, top):
    pattern = cq.Workplane("XY").polarArray(slot_middle, half_pitch, 360, slot_count)
    return pattern.rect(slot_length, width).extrude(top - bottom).translate((0, 0, bottom))


def make_radial_tooth_cores():
    shoe_bottom = total_height - shoe_height
    rim = make_ring(tooth_inner_diameter, ring_height, shoe_bottom)
    return rim.cut(make_twelve_slots(slot_width, ring_height, shoe_bottom))


def make_tooth_shoes():
    shoe_bottom = total_height - shoe_height
    rim = make_ring(tooth_inner_diameter, shoe_bottom, total_height)
    return rim.cut(make_twelve_slots(slot_mouth, shoe_bottom, total_height))


def cut_center_bore(body):
    shaft_opening = cq.Workplane("XY").circle(bore_diameter / 2).extrude(ring_height)
    return body.cut(shaft_opening)


def make_stator():
    back_iron = cut_center_bore(cq.Workplane("XY").circle(outer_diameter / 2).extrude(ring_height))
    return back_iron.union(make_radial_tooth_cores()).union(make_tooth_shoes())


fixture = make_stator()
