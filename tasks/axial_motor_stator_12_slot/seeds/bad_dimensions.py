import cadquery as cq

ring_height = 60.0
outer_diameter = 70.0
bore = 66.0


def make_ring():
    return cq.Workplane("XY").circle(outer_diameter / 2).circle(bore / 2).extrude(ring_height)


def make_teeth():
    teeth = cq.Workplane("XY").polarArray(36, 0, 360, 12).rect(10, 2)
    return teeth.extrude(3)


fixture = make_ring().union(make_teeth())
