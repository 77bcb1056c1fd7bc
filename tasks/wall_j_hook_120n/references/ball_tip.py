"""Wall hook that grows from the very middle of its plate and ends in a ball, one body of aluminum_6061.

Millimetres, the wall is x = 0, z is up. Rated for load_120n as a tip_load. The load bends the root downwards and pulls
at its upper side, where the rib ties it to the plate; the throat below the arm stays free.
"""

import math

import cadquery as cq

plate_width = 90.0
plate_height = 180.0
plate_thickness = 8.0
plate_corner_chamfer = 14.0
plate_edge_radius = 2.0
bolt_hole_diameter = 9.0
bolt_pitch_y = 60.0
bolt_pitch_z = 140.0

overall_reach = 160.0
bar_diameter = 22.0
hook_radius = 34.0
hook_bottom = 3.0

# The tip: a short straight end that carries a ball, so that nothing slides off or is torn.
tip_length = 18.0
ball_diameter = 30.0
ball_flat_diameter = 6.0

rib_thickness = 12.0
rib_reach = 54.0  # from the wall, along the bar
rib_height = 66.0  # above the bar's axis
rib_hollow = 7.0  # how far the free edge is drawn in

root_height = plate_height / 2
tip_x = overall_reach - ball_diameter / 2
shank_x = tip_x - 2 * hook_radius
arc_z = hook_bottom + bar_diameter / 2 + hook_radius
tip_end = arc_z + tip_length
elbow_radius = root_height - arc_z  # the elbow runs straight into the half circle


def make_wall_mount():
    """The plate on the wall, its corners cut off and its front edges rounded."""
    plate = cq.Workplane("YZ").center(0, plate_height / 2).rect(plate_width, plate_height).extrude(plate_thickness)
    return plate.edges("|X").chamfer(plate_corner_chamfer).faces(">X").edges().fillet(plate_edge_radius)


def make_bolt_holes():
    """The space of the four bolts, along x."""
    face = cq.Workplane("YZ", origin=(-1, 0, plate_height / 2))
    corners = face.rect(bolt_pitch_y, bolt_pitch_z, forConstruction=True).vertices()
    return corners.circle(bolt_hole_diameter / 2).extrude(plate_thickness + 2)


def make_curved_arm():
    """The bar along its path: out of the plate, down, through the half circle, up to the ball."""
    path = (
        cq.Workplane("XZ")
        .moveTo(plate_thickness / 2, root_height)
        .lineTo(shank_x - elbow_radius, root_height)
        .radiusArc((shank_x, root_height - elbow_radius), elbow_radius)
        .radiusArc((shank_x + 2 * hook_radius, arc_z), -hook_radius)
        .lineTo(tip_x, tip_end)
    )
    return cq.Workplane("YZ", origin=(plate_thickness / 2, 0, root_height)).circle(bar_diameter / 2).sweep(path)


def make_ball():
    """The ball on the end of the bar, with a small flat on top, turned about the tip."""
    ball, flat, neck = ball_diameter / 2, ball_flat_diameter / 2, bar_diameter / 4
    low, high = -math.sqrt(ball**2 - neck**2), math.sqrt(ball**2 - flat**2)
    middle = tip_end - low / 2
    profile = (
        cq.Workplane("XZ", origin=(tip_x, 0, middle))
        .moveTo(0, low)
        .lineTo(neck, low)
        .threePointArc((ball, 0), (flat, high))
        .lineTo(0, high)
        .close()
    )
    return profile.revolve(360, (0, 0, 0), (0, 1, 0))


def make_rib():
    """The web above the root, between plate and bar, its free edge hollow."""
    inside = plate_thickness / 2
    low = root_height + bar_diameter / 4
    start, end = (inside, root_height + rib_height), (rib_reach, low)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    span = math.hypot(start[0] - end[0], start[1] - end[1])
    hollow = (
        middle[0] - rib_hollow * (start[1] - end[1]) / span,
        middle[1] - rib_hollow * (end[0] - start[0]) / span,
    )
    web = cq.Workplane("XZ").moveTo(inside, low).lineTo(*start).threePointArc(hollow, end).close()
    return web.extrude(rib_thickness / 2, both=True)


def make_j_hook():
    """Plate, bar, ball and rib in one body."""
    hook = make_wall_mount().union(make_rib()).union(make_curved_arm()).union(make_ball())
    return hook.cut(make_bolt_holes())


fixture = make_j_hook()
