import cadquery as cq

pitch = 60
grip_diameter = 24


def make_posts():
    posts = cq.Workplane("XY").pushPoints([(-pitch / 2, 0), (pitch / 2, 0)]).circle(14).extrude(60)
    return posts.faces("<Z").workplane().pushPoints([(-pitch / 2, 0), (pitch / 2, 0)]).hole(10, 50)


def make_grip():
    return cq.Workplane("YZ", origin=(-50, 0, 60)).circle(grip_diameter / 2).extrude(100)


fixture = make_posts().union(make_grip())
