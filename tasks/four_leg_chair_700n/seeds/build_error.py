import cadquery as cq

leg = 38


def make_seat():
    return cq.Workplane("XY").box(500, 440, 24).translate((0, 220, 438))


def make_rear_posts():
    posts = cq.Workplane("XY").pushPoints([(-212, 421), (212, 421)]).rect(leg, leg).extrude(900)
    return posts


fixture = make_seat().union(make_rear_posts()).union(make_front_legs())
