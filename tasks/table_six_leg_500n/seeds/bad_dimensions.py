import cadquery as cq

top_length = 600.0
top_width = 900.0
top_thickness = 70.0
leg = 18.0
height = 420.0


def make_top():
    return cq.Workplane("XY").box(top_length, top_width, top_thickness).translate((0, 0, height))


def make_legs():
    points = [(x, y) for x in (-250, 0, 250) for y in (-400, 400)]
    return cq.Workplane("XY").pushPoints(points).rect(leg, leg).extrude(height)


def make_crossbars():
    return cq.Workplane("XY").pushPoints([(-250, 0), (0, 0), (250, 0)]).rect(10, 800).extrude(20)


fixture = make_top().union(make_legs()).union(make_crossbars().translate((0, 0, 300)))
