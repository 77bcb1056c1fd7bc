import cadquery as cq

outer_diameter = 180
tooth_count = 12


def make_ring():
    return cq.Workplane("XY").circle(outer_diameter / 2).circle(32).extrude(12)


def make_teeth():
    tooth = cq.Workplane("XY").center(70, 0).rect(36, 18).extrude(30)
    return [tooth.rotate((0, 0, 0), (0, 0, 1), 360 / tooth_count * index) for index in range(tooth_count)]


fixture = make_ring().union(*make_tooth_set())
