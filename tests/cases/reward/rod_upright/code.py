import cadquery as cq

length = 120.0


def make_rod():
    return cq.Workplane("XY").circle(15).extrude(length)


def make_collar():
    return cq.Workplane("XY").rect(60, 40).extrude(20)


fixture = make_rod().union(make_collar())
