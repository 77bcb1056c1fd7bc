import cadquery as cq

thickness = 22


def make_seat():
    return cq.Workplane("XY").box(500, 420, thickness).translate((0, 270, 430))


def make_backrest():
    return cq.Workplane("XY").box(420, thickness, 690).translate((0, 470, 775))


def make_legs():
    legs = cq.Workplane("XY").center(0, 270).rect(420, 340, forConstruction=True).vertices().circle(20).extrude(425)
    return legs


# Flat and upright: no splay, no crossbars, no armrests, no headrest.
fixture = make_seat().union(make_backrest()).union(make_legs())
