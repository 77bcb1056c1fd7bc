import cadquery as cq

thickness = 70.0
height = 240.0


def make_top():
    return cq.Workplane("XY").box(200, 500, thickness).translate((0, 250, height))


def make_frames():
    rail = cq.Workplane("YZ").polyline([(0, 0), (8, 0), (500, height), (492, height)]).close().extrude(4)
    crossed = rail.union(rail.mirror("XZ").translate((0, 500, 0)))
    return crossed.translate((-90, 0, 0)).union(crossed.translate((86, 0, 0)))


def make_lower_step():
    return cq.Workplane("XY").box(180, 30, 8).translate((0, 90, 40))


fixture = make_top().union(make_frames()).union(make_lower_step())
