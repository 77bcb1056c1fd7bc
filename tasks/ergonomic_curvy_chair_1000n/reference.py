"""Ergonomic chair with a bent shell on four splayed legs: one connected, watertight body.

Millimetres, floor at z = 0, front at y = 0, symmetric about x = 0. Rated for load_1000n on the seat: every splayed_leg runs up
into the shell, crossbars keep the feet together.
"""

import cadquery as cq

overall_width = 620.0
overall_depth = 650.0
overall_height = 1120.0

seat_height = 440.0
seat_front_y = 70.0
seat_width = 500.0
seat_corner_radius = 60.0
front_roll = 40.0  # how far the seat's front edge rolls down
shell_thickness = 22.0

back_y = 478.0  # of the lumbar support
lumbar_height = 560.0
shoulder_lean = 22.0  # how far the back leans behind the lumbar support
shoulder_height = 760.0
neck_lean = 97.0
neck_height = 1000.0
headrest_lean = 122.0

shoulder_width = 420.0
back_top_width = 300.0
back_top_height = 900.0
neck_width = 120.0
headrest_width = 260.0
headrest_height = 140.0
outline_radius = 18.0

foot_diameter = 30.0
leg_top_diameter = 46.0
leg_top_x = 165.0
leg_front_y = 165.0
leg_rear_y = 385.0

crossbar_height = 170.0
crossbar_diameter = 24.0
middle_bar_diameter = 19.0

armrest_height = 660.0
arm_tube_diameter = 26.0
arm_bend_radius = 60.0
arm_front_y = 190.0
arm_pad_width = 64.0
arm_pad_length = 270.0
arm_pad_thickness = 26.0

arm_x = seat_width / 2 + arm_tube_diameter / 6
arm_axis = armrest_height - arm_pad_thickness / 2 - arm_tube_diameter / 2
leg_top_z = seat_height - shell_thickness / 2


def make_bent_shell():
    """The shell as wide as the seat: arcs that run into each other, thickened and drawn across the chair."""
    edge = seat_height - front_roll
    line = (
        cq.Workplane("YZ", origin=(-seat_width / 2, 0, 0))
        .moveTo(seat_front_y, edge - 5)
        .lineTo(seat_front_y, edge)
        .tangentArcPoint((seat_front_y + 1.15 * front_roll, seat_height - 1), relative=False)
        .tangentArcPoint((back_y - 92, seat_height), relative=False)
        .tangentArcPoint((back_y, lumbar_height), relative=False)
        .tangentArcPoint((back_y + shoulder_lean, shoulder_height), relative=False)
        .tangentArcPoint((back_y + neck_lean, neck_height), relative=False)
        .tangentArcPoint((back_y + headrest_lean, overall_height - shell_thickness / 2), relative=False)
    )
    return line.wire().offset2D(shell_thickness / 2).extrude(seat_width)


def make_front_view():
    """What the shell shows from the front: seat, curved_backrest, neck and headrest, drawn through the chair."""
    side = seat_width / 2
    head = overall_height - headrest_height
    right = [
        (side, seat_height - 3 * front_roll),
        (side, seat_height + front_roll),
        (shoulder_width / 2, shoulder_height),
        (back_top_width / 2, back_top_height),
        (neck_width / 2, (back_top_height + head) / 2),
        (neck_width / 2, head),
        (headrest_width / 2, head),
        (headrest_width / 2, overall_height),
    ]
    left = [(-x, z) for x, z in reversed(right)]
    view = cq.Workplane("XZ", origin=(0, 2 * overall_depth, 0)).polyline(right + left).close()
    return view.extrude(3 * overall_depth).edges("|Y").fillet(outline_radius)


def make_curved_seat_and_backrest():
    """The curved_seat and all above it: the shell cut to its front view, rounded at the seat's front corners."""
    shell = make_bent_shell().intersect(make_front_view())
    plan = cq.Workplane("XY").box(seat_width, overall_depth, overall_height, centered=(True, False, False))
    plan = plan.edges("|Z and <Y").fillet(seat_corner_radius)
    return shell.intersect(plan.translate((0, seat_front_y - shell_thickness / 2, 0)))


def leg_ends(side, rear):
    """Foot and top of one leg's axis."""
    radius = foot_diameter / 2
    foot_y = overall_depth - radius if rear else radius
    foot = cq.Vector(side * (overall_width / 2 - radius), foot_y, 0)
    return foot, cq.Vector(side * leg_top_x, leg_rear_y if rear else leg_front_y, leg_top_z)


def make_splayed_leg(side, rear):
    """A leaning cone on an upright glide that lies flat on the floor."""
    foot, top = leg_ends(side, rear)
    glide = cq.Workplane("XY", origin=foot.toTuple()).circle(foot_diameter / 2).extrude(foot_diameter / 3)
    start = foot + cq.Vector(0, 0, foot_diameter / 4)
    along = top - start
    cone = cq.Solid.makeCone(0.4 * foot_diameter, leg_top_diameter / 2, along.Length, start, along)
    return glide.union(cq.Workplane("XY").newObject([cone]))


def tube(start, end, diameter):
    """A round bar between two points."""
    along = end - start
    return cq.Workplane("XY").newObject([cq.Solid.makeCylinder(diameter / 2, along.Length, start, along)])


def make_crossbars():
    """A bar between the legs of each side and one between those two."""
    share = crossbar_height / leg_top_z
    joints = {}
    for side in (-1, 1):
        for rear in (False, True):
            foot, top = leg_ends(side, rear)
            joints[side, rear] = foot + (top - foot) * share
    sides = [tube(joints[side, False], joints[side, True], crossbar_diameter) for side in (-1, 1)]
    middles = [(joints[side, False] + joints[side, True]) * 0.5 for side in (-1, 1)]
    return sides + [tube(*middles, middle_bar_diameter)]


def make_arm_tube(x):
    """The bent tube of an armrest, upright beside the seat and level below the pad, in the plane of that x."""
    low = seat_height - shell_thickness
    bend = arm_axis - arm_bend_radius
    radius = arm_tube_diameter / 2
    upright = cq.Workplane("XY", origin=(x, arm_front_y, low)).circle(radius).extrude(bend - low)
    elbow = cq.Workplane("XY", origin=(x, arm_front_y, bend)).circle(radius)
    elbow = elbow.revolve(90, (0, arm_bend_radius, 0), (-1, arm_bend_radius, 0))
    start = arm_front_y + arm_bend_radius
    level = cq.Workplane("XZ", origin=(x, start, arm_axis)).circle(radius).extrude(start - back_y - radius)
    return upright.union(elbow).union(level)


def make_armrest(side):
    """Tube, pad and a tie from the tube's end into the backrest."""
    x = side * arm_x
    pad = cq.Workplane("XY").box(arm_pad_width, arm_pad_length, arm_pad_thickness).edges("|Z").fillet(arm_pad_width / 3)
    pad = pad.faces(">Z").chamfer(arm_pad_thickness / 4)
    pad = pad.translate((x, arm_front_y + arm_pad_length / 2 - 20, armrest_height - arm_pad_thickness / 2))
    tie = tube(cq.Vector(x, back_y, arm_axis), cq.Vector(side * back_top_width / 2, back_y, arm_axis), arm_tube_diameter)
    return make_arm_tube(x).union(pad).union(tie)


def make_chair():
    """All of it in one body."""
    legs = [make_splayed_leg(side, rear) for side in (-1, 1) for rear in (False, True)]
    pieces = legs + make_crossbars() + [make_armrest(-1), make_armrest(1)]
    body = make_curved_seat_and_backrest().val().fuse(*[piece.val() for piece in pieces])
    return cq.Workplane("XY").newObject([body.clean()])


fixture = make_chair()
