import cadquery as cq

bore = 60.0
wall = 3.0


def make_ring():
    ring = cq.Workplane("XZ", origin=(33, 10, 40)).circle(bore / 2 + wall).circle(bore / 2).extrude(20)
    return ring.cut(cq.Workplane("XY").box(1, 60, 20).translate((33, 0, 8)))


def make_arm():
    return cq.Workplane("XY").box(30, 6, 6).translate((78, 0, 40))


def make_platform():
    plate = cq.Workplane("XY").box(30, 30, 20).translate((105, 0, 40))
    return plate.faces(">Z").workplane().rect(15, 15, forConstruction=True).vertices().hole(12)


fixture = make_ring().union(make_arm()).union(make_platform())
