import cadquery as cq

# Axial motor stator, second step: one radial tooth, patterned around the steel ring.
outer_diameter = 180.0
bore_diameter = 50.0
ring_height = 10.0
tooth_height = 10.0
tooth_inner_diameter = 90.0
tooth_width = 18.0
slot_count = 12

tooth_length = (outer_diameter - tooth_inner_diameter) / 2
tooth_middle = (outer_diameter + tooth_inner_diameter) / 4


def make_back_iron_ring():
    return cq.Workplane("XY").circle(outer_diameter / 2).extrude(ring_height)


def make_radial_tooth():
    tooth = cq.Workplane("XY").center(tooth_middle, 0).rect(tooth_length, tooth_width)
    return tooth.extrude(ring_height + tooth_height)


def make_all_teeth():
    return make_radial_tooth().circularPattern(axis="Z", count=slot_count)


def cut_center_bore(body):
    shaft_opening = cq.Workplane("XY").circle(bore_diameter / 2).extrude(ring_height)
    return body.cut(shaft_opening)


fixture = cut_center_bore(make_back_iron_ring().union(make_all_teeth()))
