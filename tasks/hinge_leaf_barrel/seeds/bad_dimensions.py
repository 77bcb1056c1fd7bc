import cadquery as cq

barrel = 30.0
pin = 26.0
leaf_thickness = 1.0


def make_leaves():
    leaves = cq.Workplane("XY").box(60, 120, leaf_thickness).translate((0, 0, leaf_thickness / 2))
    return leaves.faces(">Z").workplane().rect(40, 90, forConstruction=True).vertices().hole(14)


def make_barrel():
    return cq.Workplane("YZ", origin=(-30, 0, 15)).circle(barrel / 2).extrude(60)


def make_pin_hole():
    return cq.Workplane("YZ", origin=(-30, 0, 15)).circle(pin / 2).extrude(60)


fixture = make_leaves().union(make_barrel()).cut(make_pin_hole())
