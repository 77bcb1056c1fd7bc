import cadquery as cq

# Axial motor stator, third step: the radial teeth are laid out with polarArray and trimmed to the steel ring.
outer_diameter = 180.0
bore_diameter = 50.0
ring_height = 10.0
tooth_height = 10.0
tooth_inner_diameter = 90.0
tooth_width = 18.0
slot_count = 12

tooth_length = (outer_diameter - tooth_inner_diameter) / 2
tooth_middle = (outer_diameter + tooth_inner_diameter) / 4
total_height = ring_height + tooth_height


def make_cylinder(diameter, height):
    return cq.Workplane("XY").circle(diameter / 2).extrude(height)


def make_all_teeth():
    radial_tooth = cq.Workplane("XY").polarArray(tooth_middle, 0, 360, slot_count).rect(tooth_length, tooth_width)
    return radial_tooth.extrude(total_height).intersect(make_cylinder(outer_diameter, total_height))


def cut_center_bore(body):
    shaft_opening = make_cylinder(bore_diameter, ring_height)
    return body.cut(shaft_opening)


fixture = cut_center_bore(make_cylinder(outer_diameter, ring_height).union(make_all_teeth()))
