import cadquery as cq

leg = 38


def make_seat():
    return cq.Workplane("XY").box(500, 440, 24).translate((0, 220, 438))


def make_legs():
    legs = cq.Workplane("XY").center(0, 220).rect(425, 365, forConstruction=True).vertices().rect(leg, leg)
    return legs.extrude(430)


# No backrest, no crossbars.
fixture = make_seat().union(make_legs())
