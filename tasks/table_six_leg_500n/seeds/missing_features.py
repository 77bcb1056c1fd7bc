import cadquery as cq

top_thickness = 26
leg = 44


def make_top():
    return cq.Workplane("XY").box(900, 600, top_thickness).translate((0, 0, 720 - top_thickness / 2))


def make_legs():
    legs = cq.Workplane("XY").rect(816, 516, forConstruction=True).vertices().rect(leg, leg).extrude(700)
    return legs


# Four legs and nothing between them.
fixture = make_top().union(make_legs())
