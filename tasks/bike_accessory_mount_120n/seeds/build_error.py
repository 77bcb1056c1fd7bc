import cadquery as cq

bore = 31.8


def make_ring():
    ring = cq.Workplane("XZ", origin=(27, 25, 50)).ring(outer=27, inner=bore / 2).extrude(50)
    return ring


def make_platform():
    return cq.Workplane("XY").box(70, 80, 6).translate((145, 0, 87))


fixture = make_ring().union(make_platform())
