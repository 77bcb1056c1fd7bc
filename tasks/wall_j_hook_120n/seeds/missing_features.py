import cadquery as cq

bar_diameter = 22


def make_plate():
    return cq.Workplane("XY").box(8, 90, 180).translate((4, 0, 90))


def make_bar():
    return cq.Workplane("YZ", origin=(4, 0, 60)).circle(bar_diameter / 2).extrude(156)


# A straight peg: no curve, no upturned tip, no holes.
fixture = make_plate().union(make_bar())
