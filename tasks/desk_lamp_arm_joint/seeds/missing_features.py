import cadquery as cq

thickness = 14


def make_arm(points):
    return cq.Workplane("XZ", origin=(0, thickness / 2, 0)).polyline(points).close().extrude(thickness)


def make_lower():
    return make_arm([(5, 10), (30, 10), (145, 150), (120, 165)])


def make_upper():
    return make_arm([(120, 165), (145, 178), (255, 105), (240, 85)])


# One bent piece: no joint, no holes, no knob, no lamp mount.
fixture = make_lower().union(make_upper())
