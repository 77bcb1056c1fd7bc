import cadquery as cq

bore = 31.8


def make_ring():
    return cq.Workplane("XZ", origin=(27, 25, 50)).circle(27).circle(bore / 2).extrude(50)


def make_arm():
    return cq.Workplane("XY").box(80, 30, 12).translate((90, 0, 60))


def make_platform():
    return cq.Workplane("XY").box(70, 80, 24).translate((145, 0, 66))


# The ring cannot be closed: no slot, ears or bolts; no rib, no accessory holes.
fixture = make_ring().union(make_arm()).union(make_platform())
