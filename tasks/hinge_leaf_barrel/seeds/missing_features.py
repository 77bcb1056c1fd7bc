import cadquery as cq

barrel = 12


def make_leaves():
    return cq.Workplane("XY").box(100, 70, 3).translate((0, 0, 1.5))


def make_barrel():
    return cq.Workplane("YZ", origin=(-50, 0, 6)).circle(barrel / 2).extrude(100)


# One rigid piece: no knuckles, no pin, no screw holes.
fixture = make_leaves().union(make_barrel())
