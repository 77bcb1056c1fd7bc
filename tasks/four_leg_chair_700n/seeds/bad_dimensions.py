import cadquery as cq

leg = 90
seat_height = 250


def make_seat():
    return cq.Workplane("XY").box(700, 440, 80).translate((0, 220, seat_height - 40))


def make_legs():
    legs = cq.Workplane("XY").center(0, 220).rect(600, 340, forConstruction=True).vertices().rect(leg, leg)
    return legs.extrude(seat_height)


def make_backrest():
    return cq.Workplane("XY").box(700, 60, 200).translate((0, 410, seat_height + 100))


fixture = make_seat().union(make_legs()).union(make_backrest())
