import cadquery as cq

inner = 37


def make_ring(z)
    return cq.Workplane("XY", origin=(0, 0, z)).circle(inner + 3).circle(inner).extrude(12)


strip = cq.Workplane("XY").box(8, 22, 150, centered=(False, True, False)).translate((-45, 0, 0))
fixture = strip.union(make_ring(0)).union(make_ring(100))
