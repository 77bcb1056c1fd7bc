import cadquery as cq

seat_height = 180.0
thickness = 120.0


def make_seat():
    return cq.Workplane("XY").box(300, 900, thickness).translate((0, 450, seat_height))


def make_backrest():
    return cq.Workplane("XY").box(300, 30, 200).translate((0, 880, seat_height + 150))


def make_legs():
    return cq.Workplane("XY").center(0, 450).rect(260, 860, forConstruction=True).vertices().circle(6).extrude(130)


def make_armrests():
    return cq.Workplane("XY").pushPoints([(-145, 450), (145, 450)]).rect(8, 700).extrude(400)


fixture = make_seat().union(make_backrest()).union(make_legs()).union(make_armrests())
