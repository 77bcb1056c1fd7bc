"""Ergonomic chair with a saddle seat, an oval headrest and board armrests that run into the back: one watertight body.

Millimetres, floor at z = 0, front at y = 0, symmetric about x = 0. Rated for load_1000n on the seat: the legs are straight cones that end
in the shell, flat crossbars tie them near the floor.
"""

import cadquery as cq

overall_width = 620.0
overall_depth = 650.0
overall_height = 1120.0

seat_surface = 440.0
seat_width = 500.0
seat_front_y = 84.0
front_edge_drop = 62.0  # how far the front edge bends down
knee_radius = 130.0  # of the front corners, seen from above
saddle_depth = 9.0  # of the hollow in the seat
shell_thickness = 22.0

lumbar_y = 474.0
lumbar_height = 590.0
upper_back_y = 512.0
upper_back_height = 800.0
head_y = 604.0

# Outline of the shell from the front: half widths at heights.
waist_half_width = 176.0
waist_height = 600.0
shoulder_half_width = 226.0
shoulder_height = 790.0
neck_half_width = 58.0
neck_height = 960.0
headrest_half_width = 130.0
headrest_bottom = 1000.0
headrest_flat = 70.0  # half width of its level upper edge

foot_diameter = 34.0
leg_top_diameter = 52.0
leg_top_x = 150.0
leg_front_y = 190.0
leg_rear_y = 370.0

crossbar_middle = 170.0
crossbar_height = 34.0
crossbar_thickness = 18.0

armrest_top = 660.0
arm_board_thickness = 24.0
arm_board_width = 70.0
arm_front_y = 150.0
arm_rear_y = 505.0
arm_middle_x = 254.0
arm_rear_x = 205.0  # where it enters the back
arm_post_diameter = 34.0
arm_post_foot_x = 225.0
arm_post_y = 230.0

middle_line = seat_surface - shell_thickness / 2
leg_top_z = middle_line - saddle_depth / 2


def make_bent_shell():
    """Seat and back as wide as the seat: arcs that run into each other, thickened and drawn across the chair."""
    line = (
        cq.Workplane("YZ", origin=(-seat_width / 2, 0, 0))
        .moveTo(seat_front_y, middle_line - front_edge_drop)
        .threePointArc((seat_front_y + 14, middle_line - 20), (seat_front_y + 56, middle_line))
        .tangentArcPoint((leg_rear_y - 70, middle_line - saddle_depth), relative=False)
        .tangentArcPoint((lumbar_y - 40, middle_line + 44), relative=False)
        .tangentArcPoint((lumbar_y, lumbar_height), relative=False)
        .tangentArcPoint((upper_back_y, upper_back_height), relative=False)
        .tangentArcPoint((head_y, overall_height), relative=False)
    )
    return line.wire().offset2D(shell_thickness / 2).extrude(seat_width)


def make_front_view():
    """The outline of seat, curved_backrest, neck and headrest from the front, drawn through the chair."""
    side = seat_width / 2
    head_middle = (headrest_bottom + overall_height) / 2
    seat_top = seat_surface + shell_thickness
    view = (
        cq.Workplane("XZ", origin=(0, 2 * overall_depth, 0))
        .moveTo(side, middle_line - 2 * front_edge_drop)
        .lineTo(side, seat_top)
        .threePointArc(((side + waist_half_width) / 2 - 16, (seat_top + waist_height) / 2 + 16), (waist_half_width, waist_height))
        .threePointArc((shoulder_half_width - 8, (waist_height + shoulder_height) / 2 + 30), (shoulder_half_width, shoulder_height))
        .threePointArc((shoulder_half_width - 56, neck_height - 62), (neck_half_width, neck_height))
        .lineTo(neck_half_width, headrest_bottom)
        .threePointArc((headrest_half_width, head_middle), (headrest_flat, overall_height))
        .lineTo(-headrest_flat, overall_height)
        .threePointArc((-headrest_half_width, head_middle), (-neck_half_width, headrest_bottom))
        .lineTo(-neck_half_width, neck_height)
        .threePointArc((-shoulder_half_width + 56, neck_height - 62), (-shoulder_half_width, shoulder_height))
        .threePointArc((-shoulder_half_width + 8, (waist_height + shoulder_height) / 2 + 30), (-waist_half_width, waist_height))
        .threePointArc((-(side + waist_half_width) / 2 + 16, (seat_top + waist_height) / 2 + 16), (-side, seat_top))
        .lineTo(-side, middle_line - 2 * front_edge_drop)
        .close()
    )
    return view.extrude(3 * overall_depth)


def make_plan():
    """The outline of the shell from above: round at the knees, straight behind them."""
    front = seat_front_y - shell_thickness
    plan = cq.Workplane("XY", origin=(0, front, 0)).box(seat_width, overall_depth, 2 * overall_height, centered=(True, False, False))
    return plan.edges("|Z and <Y").fillet(knee_radius)


def make_curved_seat_and_backrest():
    """The shell, cut to both outlines."""
    return make_bent_shell().intersect(make_front_view()).intersect(make_plan())


def leg_ends(side, rear):
    """Foot and top of a leg's axis."""
    radius = foot_diameter / 2
    foot = cq.Vector(side * (overall_width / 2 - radius), overall_depth - radius if rear else radius, 0)
    return foot, cq.Vector(side * leg_top_x, leg_rear_y if rear else leg_front_y, leg_top_z)


def make_splayed_leg(side, rear):
    """A leaning cone that stands on a disc."""
    foot, top = leg_ends(side, rear)
    disc = cq.Workplane("XY", origin=foot.toTuple()).circle(foot_diameter / 2).extrude(foot_diameter / 4)
    start = foot + cq.Vector(0, 0, foot_diameter / 5)
    along = top - start
    cone = cq.Solid.makeCone(0.42 * foot_diameter, leg_top_diameter / 2, along.Length, start, along)
    return disc.union(cq.Workplane("XY").newObject([cone]))


def make_flat_bar(start, end):
    """A level bar of rectangular section between two points of one height."""
    along = end - start
    plane = cq.Plane(origin=start.toTuple(), xDir=(0, 0, 1), normal=along.toTuple())
    return cq.Workplane(plane).rect(crossbar_height, crossbar_thickness).extrude(along.Length)


def make_crossbars():
    """A bar between the legs of each side and one between those two."""
    share = crossbar_middle / leg_top_z
    joints = {}
    for side in (-1, 1):
        for rear in (False, True):
            foot, top = leg_ends(side, rear)
            joints[side, rear] = foot + (top - foot) * share
    sides = [make_flat_bar(joints[side, False], joints[side, True]) for side in (-1, 1)]
    middles = [(joints[side, False] + joints[side, True]) * 0.5 for side in (-1, 1)]
    return sides + [make_flat_bar(*middles)]


def make_armrest(side):
    """A board, bent inwards to the back where it enters the shell, on a leaning round post."""
    half = arm_board_width / 2
    board = (
        cq.Workplane("XY", origin=(0, 0, armrest_top - arm_board_thickness))
        .moveTo(side * (arm_middle_x - half), arm_front_y)
        .threePointArc((side * arm_middle_x, arm_front_y - half), (side * (arm_middle_x + half), arm_front_y))
        .lineTo(side * (arm_middle_x + half), arm_rear_y - 150)
        .threePointArc((side * (arm_middle_x + 20), arm_rear_y - 60), (side * arm_rear_x, arm_rear_y))
        .lineTo(side * (arm_rear_x - 60), arm_rear_y)
        .lineTo(side * (arm_rear_x - 60), arm_rear_y - 24)
        .threePointArc((side * (arm_middle_x - half - 14), arm_rear_y - 80), (side * (arm_middle_x - half), arm_rear_y - 150))
        .close()
        .extrude(arm_board_thickness)
    )
    foot = cq.Vector(side * arm_post_foot_x, arm_post_y + 20, middle_line - 4)
    along = cq.Vector(side * arm_middle_x, arm_post_y, armrest_top - arm_board_thickness / 2) - foot
    post = cq.Solid.makeCylinder(arm_post_diameter / 2, along.Length, foot, along)
    return board.faces(">Z").edges().chamfer(arm_board_thickness / 6).union(cq.Workplane("XY").newObject([post]))


def make_chair():
    """All of it in one body."""
    legs = [make_splayed_leg(side, rear) for side in (-1, 1) for rear in (False, True)]
    pieces = legs + make_crossbars() + [make_armrest(-1), make_armrest(1)]
    body = make_curved_seat_and_backrest().val().fuse(*[piece.val() for piece in pieces])
    # What of the shell's rounded upper end stands above the box is cut off.
    body = body.intersect(cq.Solid.makeBox(overall_width, overall_depth, overall_height, cq.Vector(-overall_width / 2, 0, 0)))
    return cq.Workplane("XY").newObject([body.clean()])


fixture = make_chair()
