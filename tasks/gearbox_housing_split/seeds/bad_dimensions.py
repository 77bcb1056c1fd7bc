import cadquery as cq

wall = 32.0
bore = 12.0


def make_shell():
    outer = cq.Workplane("XY").box(140, 260, 90, centered=(True, True, False))
    inner = cq.Workplane("XY").box(140 - 2 * wall, 260 - 2 * wall, 40, centered=(True, True, False))
    return outer.cut(inner.translate((0, 0, 25)))


def make_flange():
    flange = cq.Workplane("XY").box(150, 270, 2, centered=(True, True, False)).translate((0, 0, 44))
    return flange.faces(">Z").workplane().rect(146, 266, forConstruction=True).vertices().hole(1)


def make_bores():
    return cq.Workplane("XZ", origin=(0, 150, 45)).pushPoints([(-30, 0), (30, 0)]).circle(bore / 2).extrude(300)


fixture = make_shell().union(make_flange()).cut(make_bores())
