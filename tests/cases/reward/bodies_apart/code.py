import cadquery as cq

side = 20.0
gap = 0.3


def make_cube(x):
    return cq.Workplane("XY").box(side, side, side).translate((x, 0, 0))


def make_wheel(x):
    return cq.Workplane("XY").cylinder(side, side / 2).translate((x, 0, 0))


fixture = cq.Compound.makeCompound([
    make_cube(0).val(),
    make_cube(side + gap).val(),
    make_wheel(-side - gap).val(),
])
