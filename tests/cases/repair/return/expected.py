import cadquery as cq

def make_post():
    post = cq.Workplane("XY").circle(6).extrude(40)
    return post


def place(part):
    return cq.Workplane("XY").box(60, 40, 6).cut(part)


fixture = place(make_post())
