import cadquery as cq

thickness = 7


def make_plate():
    return cq.Workplane("XY").box(8, 80, 130, centered=(False, True, False))


def make_frame(y):
    outline = cq.Workplane("XZ", origin=(0, y, 0)).polyline([(0, 10), (0, 130), (255, 130), (255, 110)])
    return outline.close().extrude(-thickness)


def make_boss():
    return cq.Workplane("XZ", origin=(246, 40, 116)).circle(14).extrude(80)


# Full side plates instead of trusses; no holes and no cross members.
fixture = make_plate().union(make_frame(-40)).union(make_frame(33)).union(make_boss())
