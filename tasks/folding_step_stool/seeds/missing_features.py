import cadquery as cq

thickness = 20


def make_top():
    return cq.Workplane("XY").box(420, 360, thickness).translate((0, 180, 470))


def make_sides():
    return cq.Workplane("XY").pushPoints([(-201, 180), (201, 180)]).rect(18, 300).extrude(465)


def make_lower_step():
    return cq.Workplane("XY").box(400, 100, thickness).translate((0, 80, 210))


# A fixed stool: nothing crosses, nothing turns, no grooves.
fixture = make_top().union(make_sides()).union(make_lower_step())
