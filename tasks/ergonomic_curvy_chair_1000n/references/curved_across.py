"""Chair with a double-curved shell (curved across as well), bowed side crossbars and armrests on curved posts out of the seat."""
import math
import cadquery as cq

width, depth, height = 620.0, 650.0, 1120.0

shell_t = 22.0
seat_w = 500.0
seat_corner_r = 110.0
seat_front = 42.0

# Sitting surface in the plane of symmetry, (y, z) from the front edge to above the headrest.
spine_points = [
    (42, 402), (62, 428), (110, 444), (200, 442), (300, 434), (395, 436), (462, 462), (500, 520), (514, 600),
    (522, 690), (544, 800), (574, 910), (592, 1000), (594, 1070), (588, 1140),
]
# Rise of the surface's edges towards the sitter at the share of the spine, for half a seat width.
seat_curve_points = [(0.0, 0.0), (0.12, 8.0), (0.3, 16.0), (0.45, 34.0), (0.65, 36.0), (0.85, 24.0), (1.0, 20.0)]
spine_samples, cross_samples, surface_tol = 25, 7, 0.3

# Half width of the backrest seen from the front, (x, z).
back_outline = [(270, 400), (258, 470), (242, 570), (226, 700), (186, 840), (112, 926), (104, 965), (122, 1015), (130, 1052), (116, 1090), (74, 1113)]

leg_foot_r, leg_top_r = 17.0, 27.0
front_leg_x, front_leg_y = 182.0, 128.0
rear_leg_x, rear_leg_y = 170.0, 400.0

bar_z = 170.0
bar_d = 26.0
bar_bow = 50.0

arm_d = 30.0
pad_z = 660.0
pad_x, pad_w, pad_len, pad_t = 276.0, 64.0, 270.0, 24.0
pad_y = 330.0
pad_edge = 9.0
arm_start_y = 262.0
arm_start_below = 9.0
arm_end_below = 8.0
post_bow = 12.0
arm_end_z = 648.0
arm_end_x = 182.0
pad_seat = 8.0  # the tube lies this deep in the pad

half_seat = seat_w / 2

spine = cq.Edge.makeSpline([cq.Vector(0, y, z) for y, z in spine_points])


def seat_curve(u):
    for (u0, d0), (u1, d1) in zip(seat_curve_points, seat_curve_points[1:]):
        if u <= u1:
            s = (u - u0) / (u1 - u0)
            s = s * s * (3 - 2 * s)
            return d0 + (d1 - d0) * s
    return seat_curve_points[-1][1]


def surface(u, x, below=0.0):
    """Point of the sitting surface at the share u of the spine and at x, or `below` it on the rear side."""
    p = spine.positionAt(u)
    t = spine.tangentAt(u)
    normal = cq.Vector(0, -t.z, t.y)  # towards the sitter
    rise = seat_curve(u) * (x / half_seat) ** 2 - below
    return cq.Vector(x, p.y, p.z) + normal * rise


def find_u(x, below, coordinate, value, u0, u1):
    """Share of the spine where a coordinate of the surface reaches a value; it rises between u0 and u1."""
    for _ in range(50):
        mid = (u0 + u1) / 2
        if getattr(surface(mid, x, below), coordinate) < value:
            u0 = mid
        else:
            u1 = mid
    return (u0 + u1) / 2


def shell():
    """Bent shell of constant thickness, trimmed to its outline from above and from the front."""
    span = half_seat + 15
    grid = [
        [surface(i / (spine_samples - 1), span * (2 * j / (cross_samples - 1) - 1)) for j in range(cross_samples)]
        for i in range(spine_samples)
    ]
    face = cq.Face.makeSplineApprox(grid, tol=surface_tol)
    t = spine.tangentAt(0.5)
    to_sitter = face.normalAt().dot(cq.Vector(0, -t.z, t.y)) > 0
    sheet = cq.Workplane("XY").newObject([face.thicken(-shell_t if to_sitter else shell_t)])

    plan = cq.Workplane("XY").rect(seat_w, 2 * depth).extrude(2 * height).translate((0, depth + seat_front - 20, 0))
    plan = plan.edges("|Z and <Y").fillet(seat_corner_r)

    base_x = back_outline[0][0]
    left = [(-x, z) for x, z in reversed(back_outline)]
    outline = (
        cq.Workplane("XZ")
        .moveTo(-base_x, 0)
        .lineTo(base_x, 0)
        .lineTo(*back_outline[0])
        .spline(back_outline[1:] + [(0, height)], tangents=[(0, 1), (-1, 0)], includeCurrent=True)
        .spline(left, tangents=[(-1, 0), (0, -1)], includeCurrent=True)
        .close()
        .extrude(-2 * depth)
    )
    return sheet.intersect(plan).intersect(outline)


def leg_axis(side, front):
    """(foot, top) of a leg; the foot touches two sides of the envelope, the top ends inside the shell."""
    x, y = (front_leg_x, front_leg_y) if front else (rear_leg_x, rear_leg_y)
    u = find_u(x, shell_t / 2, "y", y, 0.0, 0.45)
    top = surface(u, x, shell_t / 2)
    foot_y = leg_foot_r if front else depth - leg_foot_r
    return cq.Vector(side * (width / 2 - leg_foot_r), foot_y, 0), cq.Vector(side * x, top.y, top.z)


def leg(side, front):
    foot, top = leg_axis(side, front)
    return (
        cq.Workplane("XY")
        .center(foot.x, foot.y)
        .circle(leg_foot_r)
        .workplane(offset=top.z)
        .center(top.x - foot.x, top.y - foot.y)
        .circle(leg_top_r)
        .loft(ruled=True)
    )


def leg_at_bars(side, front):
    foot, top = leg_axis(side, front)
    return foot + (top - foot) * (bar_z / top.z)


def tube(edge, d):
    start, direction = edge.positionAt(0), edge.tangentAt(0)
    return cq.Workplane(cq.Plane(origin=start, normal=direction)).circle(d / 2).sweep(cq.Workplane("XY").newObject([edge]))


def crossbars():
    """A bowed bar on each side and a straight one between the middles of the two."""
    ends = {}
    bars = None
    for side in (-1, 1):
        p, q = leg_at_bars(side, True), leg_at_bars(side, False)
        middle = (p + q) * 0.5 - cq.Vector(side * bar_bow, 0, 0)
        ends[side] = middle
        bar = tube(cq.Edge.makeThreePointArc(p, middle, q), bar_d)
        bars = bar if bars is None else bars.union(bar)
    return bars.union(tube(cq.Edge.makeLine(ends[-1], ends[1]), bar_d))


def armrest():
    """Right armrest: a curved post out of the seat, the pad, and a curved tie from under the pad into the backrest."""
    low_x = half_seat - 26
    start = surface(find_u(low_x, arm_start_below, "y", arm_start_y, 0.0, 0.45), low_x, arm_start_below)
    end = surface(find_u(arm_end_x, arm_end_below, "z", arm_end_z, 0.5, 1.0), arm_end_x, arm_end_below)
    post = cq.Edge.makeThreePointArc(start, cq.Vector(pad_x + post_bow, arm_start_y - post_bow, (start.z + pad_z) / 2), cq.Vector(pad_x, arm_start_y - post_bow, pad_z - pad_t / 4))
    under = pad_z - pad_t / 2 - arm_d / 2 + pad_seat
    tie = cq.Edge.makeThreePointArc(cq.Vector(pad_x - 4, pad_y - 20, under), cq.Vector(pad_x - 22, pad_y + 90, under + 2), end)
    pad = cq.Workplane("XY", origin=(pad_x, pad_y, pad_z - pad_t / 2)).slot2D(pad_len, pad_w, 90).extrude(pad_t)
    pad = pad.faces("<Z or >Z").edges().fillet(pad_edge)
    return pad.union(tube(post, arm_d)).union(tube(tie, arm_d))


body = shell()
for side in (-1, 1):
    for front in (True, False):
        body = body.union(leg(side, front))
body = body.union(crossbars())
right_arm = armrest()
body = body.union(right_arm).union(right_arm.mirror("YZ"))

fixture = body
