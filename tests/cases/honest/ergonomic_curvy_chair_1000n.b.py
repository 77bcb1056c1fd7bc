"""Ergonomic chair whose armrests, posts and lumbar brace are one continuous bow that rises from the front legs, carries both pads and wraps behind a bent S-curved shell."""
from math import cos, sin, radians

import cadquery as cq

# envelope (symmetric about x = 0, front at y = 0, floor at z = 0)
envelope_x = 620.0
envelope_y = 650.0
envelope_z = 1120.0

# shell: side profile of tangent arcs; headings in degrees above the +y axis
shell_thickness = 22.0
shell_edge_radius = 6.0
shell_overrun = 15.0
seat_low_y = 296.0
seat_low_z = 437.0
lip_radius = 110.0
lip_heading = 56.0
seat_radius = 1800.0
seat_front_heading = -5.0
seat_rear_heading = 3.0
bend_radius = 105.0
lumbar_heading = 85.0
lumbar_radius = 800.0
back_low_heading = 70.0
back_high_heading = 80.0
neck_radius = 300.0
neck_heading = 72.0
head_radius = 300.0
head_heading = 97.0

# shell: plan outline of the seat
seat_width = 500.0
seat_front_y = 56.0
seat_front_bow = 18.0
seat_corner_radius = 90.0

# shell: front outline of the backrest
outline_bottom_z = 350.0
waist_z = 470.0
shoulder_width = 430.0
shoulder_z = 760.0
neck_width = 170.0
neck_z = 955.0
headrest_width = 260.0
headrest_z = 1050.0

# legs
leg_top_radius = 21.0
leg_foot_radius = 13.0
leg_top_x = 182.0
front_leg_top_y = 132.0
rear_leg_top_y = 440.0
glide_radius = 18.0
glide_height = 8.0

# crossbars
crossbar_z = 170.0
side_bar_radius = 12.0
middle_bar_radius = 10.0

# arm bow and pads
bow_radius = 12.0
bow_x = 279.0
bow_z = 640.0
bow_root_z = 320.0
bow_root_flare = 1.0
bow_seat_x = 274.0
bow_seat_y = 124.0
bow_seat_z = 450.0
bow_lean = 15.0
bow_bend_radius = 90.0
bow_top_y = 245.0
bow_turn_radius = 65.0
bow_rear_offset = 11.0
pad_top_z = 660.0
pad_thickness = 24.0
pad_width = 54.0
pad_front_y = 155.0
pad_rear_y = 440.0
pad_edge_radius = 7.0


def normal(heading):
    a = radians(heading)
    return -sin(a), cos(a)


def shell_arcs():
    """Centreline arcs from lip to headrest: (centre y, centre z, signed radius, start, end)."""
    def rise(r, a0, a1):
        return r * (cos(radians(a0)) - cos(radians(a1)))

    fixed = [(-lip_radius, lip_heading, seat_front_heading),
             (seat_radius, seat_front_heading, seat_rear_heading),
             (bend_radius, seat_rear_heading, lumbar_heading),
             (-lumbar_radius, lumbar_heading, back_low_heading),
             (1.0, back_low_heading, back_high_heading),
             (-neck_radius, back_high_heading, neck_heading),
             (head_radius, neck_heading, head_heading)]
    centre_z = seat_low_z - shell_thickness / 2
    climb = rise(seat_radius, 0, seat_rear_heading) + sum(
        rise(*s) for i, s in enumerate(fixed) if i in (2, 3, 5, 6))
    # the radius of the upper back closes the height to the headrest top
    back_radius = (envelope_z + shell_overrun - centre_z - climb) / rise(*fixed[4])
    fixed[4] = (back_radius,) + fixed[4][1:]

    arcs = [None] * len(fixed)
    arcs[1] = (seat_low_y, centre_z + seat_radius) + fixed[1]
    for i in range(2, len(fixed)):
        cy, cz, r, _, a1 = arcs[i - 1]
        ny, nz = normal(a1)
        step = fixed[i][0] - r
        arcs[i] = (cy + step * ny, cz + step * nz) + fixed[i]
    ny, nz = normal(seat_front_heading)
    step = fixed[0][0] - seat_radius
    arcs[0] = (arcs[1][0] + step * ny, arcs[1][1] + step * nz) + fixed[0]
    return arcs


def arc_point(arc, heading, offset=0.0):
    cy, cz, r = arc[:3]
    ny, nz = normal(heading)
    return cy + (offset - r) * ny, cz + (offset - r) * nz


def shell_centre(axis, value):
    """Point of the shell centreline at a given y (axis 0, seat) or z (axis 1, backrest)."""
    arcs = shell_arcs()
    arcs = arcs[:3] if axis == 0 else arcs[2:]
    for arc in arcs:
        lo, hi = arc[3], arc[4]
        if arc_point(arc, lo)[axis] <= value <= arc_point(arc, hi)[axis]:
            for _ in range(50):
                mid = (lo + hi) / 2
                if arc_point(arc, mid)[axis] < value:
                    lo = mid
                else:
                    hi = mid
            return arc_point(arc, lo)
    raise ValueError("no shell at this place")


def shell():
    half = shell_thickness / 2
    arcs = shell_arcs()
    profile = cq.Workplane("YZ").moveTo(*arc_point(arcs[0], arcs[0][3], half))
    for arc in arcs:
        profile = profile.threePointArc(arc_point(arc, (arc[3] + arc[4]) / 2, half),
                                        arc_point(arc, arc[4], half))
    profile = profile.lineTo(*arc_point(arcs[-1], arcs[-1][4], -half))
    for arc in reversed(arcs):
        profile = profile.threePointArc(arc_point(arc, (arc[3] + arc[4]) / 2, -half),
                                        arc_point(arc, arc[3], -half))
    sheet = profile.close().extrude(seat_width / 2 + shell_overrun, both=True)
    body = sheet.intersect(front_outline()).intersect(plan_outline())
    # soften the rims of the seating and rear faces (bent about x), not the seams in them
    bent = body.faces("%CYLINDER").filter(lambda face: abs(face.normalAt().x) < 1e-6)
    rim = bent.edges("not |X").vals()
    return body.newObject(rim).fillet(shell_edge_radius)


def front_outline():
    """Backrest, neck and headrest as seen from the front."""
    right = [(seat_width / 2, waist_z), (shoulder_width / 2, shoulder_z),
             (neck_width / 2, neck_z), (headrest_width / 2, headrest_z)]
    lean = (seat_width - shoulder_width) / 2 / (shoulder_z - waist_z)
    up = [(0, 1), (-lean * 2.2, 1), (0, 1), (0, 1)]
    left = [(-x, z) for x, z in reversed(right)]
    down = [(tx, -tz) for tx, tz in reversed(up)]
    return (cq.Workplane("XZ").moveTo(-seat_width / 2, outline_bottom_z)
            .lineTo(seat_width / 2, outline_bottom_z).lineTo(*right[0])
            .spline(right[1:] + [(0, envelope_z)], tangents=up + [(-1, 0)],
                    includeCurrent=True)
            .spline(left, tangents=[(-1, 0)] + down, includeCurrent=True)
            .close().extrude(-envelope_y))


def plan_outline():
    """Seat as seen from above: bowed front edge with round corners."""
    half = seat_width / 2
    return (cq.Workplane("XY").moveTo(half, envelope_y)
            .lineTo(half, seat_front_y + seat_front_bow)
            .threePointArc((0, seat_front_y), (-half, seat_front_y + seat_front_bow))
            .lineTo(-half, envelope_y).close().extrude(envelope_z + shell_overrun)
            .edges("|Z").edges("<Y").fillet(seat_corner_radius))


def leg_axis(rear):
    foot_y = envelope_y - glide_radius if rear else glide_radius
    top_y, top_z = shell_centre(0, rear_leg_top_y if rear else front_leg_top_y)
    return (cq.Vector(envelope_x / 2 - glide_radius, foot_y, 0),
            cq.Vector(leg_top_x, top_y, top_z))


def on_leg(rear, z):
    foot, top = leg_axis(rear)
    return foot + (top - foot) * (z / top.z)


def leg(rear):
    """Round tapered leg on a flat glide that stands in a corner of the envelope."""
    foot, top = leg_axis(rear)
    axis = top - foot
    slope = (leg_top_radius - leg_foot_radius) / axis.Length
    # start below the floor and trim flat
    start = foot - axis * (glide_height * 2 / axis.Length)
    start_radius = leg_foot_radius - slope * glide_height * 2
    cone = cq.Solid.makeCone(start_radius, leg_top_radius, (top - start).Length, start, axis)
    floor = cq.Workplane("XY").box(envelope_x * 2, envelope_y * 4, envelope_z,
                                   centered=(True, True, False)).translate((0, 0, -envelope_z))
    glide = (cq.Workplane("XY").center(foot.x, foot.y).circle(glide_radius)
             .extrude(glide_height).faces(">Z").chamfer(glide_height / 4))
    return cq.Workplane(cone).cut(floor).union(glide)


def rod(start, end, radius):
    span = end - start
    return cq.Workplane(cq.Solid.makeCylinder(radius, span.Length, start, span))


def side_bar():
    return rod(on_leg(False, crossbar_z), on_leg(True, crossbar_z), side_bar_radius)


def middle_bar():
    mid = (on_leg(False, crossbar_z) + on_leg(True, crossbar_z)) * 0.5
    return rod(cq.Vector(-mid.x, mid.y, mid.z), mid, middle_bar_radius)


def arm_bow():
    """One half of the bow: front leg, past the seat, below the pad, behind the backrest."""
    root = on_leg(False, bow_root_z)
    rear_y = shell_centre(1, bow_z)[0] + bow_rear_offset
    rise = cq.Vector(0, bow_bend_radius * cos(radians(bow_lean)),
                     bow_bend_radius * (1 - sin(radians(bow_lean))))
    bend_end = cq.Vector(bow_x, bow_top_y, bow_z)
    bend_start = bend_end - rise
    turn_start = cq.Vector(bow_x, rear_y - bow_turn_radius, bow_z)
    turn_end = cq.Vector(bow_x - bow_turn_radius, rear_y, bow_z)
    post = cq.Edge.makeSpline(
        [root, cq.Vector(bow_seat_x, bow_seat_y, bow_seat_z), bend_start],
        tangents=[cq.Vector(bow_root_flare, sin(radians(bow_lean)), 1).normalized(),
                  cq.Vector(0, sin(radians(bow_lean)), cos(radians(bow_lean)))])
    bend = cq.Edge.makeTangentArc(bend_start, post.tangentAt(1), bend_end)
    rail = cq.Edge.makeLine(bend_end, turn_start)
    turn = cq.Edge.makeTangentArc(turn_start, cq.Vector(0, 1, 0), turn_end)
    brace = cq.Edge.makeLine(turn_end, cq.Vector(0, rear_y, bow_z))
    path = cq.Workplane(cq.Wire.assembleEdges([post, bend, rail, turn, brace]))
    start = cq.Plane(origin=root.toTuple(), normal=post.tangentAt(0).toTuple())
    return cq.Workplane(start).circle(bow_radius).sweep(path)


def pad():
    return (cq.Workplane("XY", origin=(bow_x, (pad_front_y + pad_rear_y) / 2,
                                       pad_top_z - pad_thickness))
            .slot2D(pad_rear_y - pad_front_y, pad_width, 90).extrude(pad_thickness)
            .edges().fillet(pad_edge_radius))


def side_parts():
    return [leg(False), leg(True), side_bar(), arm_bow(), pad()]


def frame():
    """Legs, crossbars, bow and pads of both sides in one boolean."""
    right = side_parts()
    left = [part.mirror("YZ") for part in right]
    parts = [part.val() for part in right + left + [middle_bar()]]
    return cq.Workplane(parts[0].fuse(*parts[1:]))


def chair():
    return shell().union(frame()).solids()


fixture = chair()
