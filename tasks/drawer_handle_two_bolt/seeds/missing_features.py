import cadquery as cq

bar_height = 10


def make_bar():
    return cq.Workplane("XY").box(160, 15, bar_height).translate((0, 0, 35))


def make_posts():
    return cq.Workplane("XY").pushPoints([(-64, 0), (64, 0)]).circle(8).extrude(35)


# No feet, no screw holes, the bar is straight.
fixture = make_bar().union(make_posts())
