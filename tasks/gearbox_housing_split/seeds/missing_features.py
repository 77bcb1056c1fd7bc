import cadquery as cq

wall = 9


def make_shell():
    outer = cq.Workplane("XY").box(222, 136, 160, centered=(True, True, False))
    inner = cq.Workplane("XY").box(222 - 2 * wall, 136 - 2 * wall, 160 - 2 * wall, centered=(True, True, False))
    return outer.cut(inner.translate((0, 0, wall)))


def make_bores():
    large = cq.Workplane("XZ", origin=(-52, 90, 80)).circle(31).extrude(180)
    return large.union(cq.Workplane("XZ", origin=(58, 90, 80)).circle(23.5).extrude(180))


# One closed box: no seam, no flange, no ribs, no drain, sharp edges.
fixture = make_shell().cut(make_bores())
