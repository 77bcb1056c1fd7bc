import cadquery as cq

seat_width = 480.0
seat_depth = 500.0
seat_height = 450.0
seat_thickness = 40.0
backrest_height = 480.0
base_radius = 300.0
leg_count = 5
column_radius = 30.0


def make_seat():
    return cq.Workplane("XY").box(seat_width, seat_depth, seat_thickness).edges("|Z").fillet(60).translate((0, 0, seat_height))


def make_backrest():
    return (
        cq.Workplane("XY")
        .box(seat_width - 60, 40, backrest_height)
        .edges("|Y")
        .fillet(80)
        .translate((0, seat_depth / 2 - 20, seat_height + backrest_height / 2))
    )


def make_headrest():
    top = seat_height + backrest_height
    return cq.Workplane("XY").box(260, 50, 120).edges("|Y").fillet(40).translate((0, seat_depth / 2 - 20, top + 40))


def make_gas_cylinder():
    return cq.Workplane("XY").circle(column_radius).extrude(seat_height)


def make_star_base():
    legs = cq.Workplane("XY").circle(60).extrude(40)
    for index in range(leg_count):
        leg = cq.Workplane("XY").box(base_radius, 40, 30).translate((base_radius / 2, 0, 15))
        legs = legs.union(leg.rotate((0, 0, 0), (0, 0, 1), 360.0 * index / leg_count))
    return legs


def make_armrest(side):
    post = cq.Workplane("XY").box(30, 30, 220).translate((side * seat_width / 2, 0, seat_height + 110))
    pad = cq.Workplane("XY").box(60, 260, 30).translate((side * seat_width / 2, 0, seat_height + 220))
    return post.union(pad)


chair = make_seat().union(make_backrest()).union(make_headrest()).union(make_gas_cylinder())
fixture = chair.union(make_star_base()).union(make_armrest(-1)).union(make_armrest(1))
