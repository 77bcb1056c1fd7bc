"""Triangular shelf bracket, cast or welded: one body of plate, arm and web.

Millimetres, the wall is x = 0, the shelf lies on z = 180. Rated for load_200n at the end of the arm: the diagonal_rib is in
compression, the mounting_hole pair near the top in tension.
"""

import cadquery as cq

arm_length = 220.0
bracket_width = 60.0
bracket_height = 180.0
wall_plate_thickness = 6.0
arm_thickness = 6.0
corner_radius = 12.0
root_fillet = 10.0

web_thickness = 8.0
web_rim = 14.0  # web left beside plate and arm
diagonal_rib_width = 20.0
window_corner_radius = 8.0
arm_tip_height = 12.0
plate_foot_width = 14.0

mounting_hole_diameter = 7.0
mounting_hole_pitch = 36.0
lower_mounting_height = 30.0
upper_mounting_height = 130.0

shelf_hole_diameter = 5.0
shelf_hole_pitch = 36.0
first_shelf_hole = 60.0
last_shelf_hole = 190.0


def make_wall_plate():
    """The plate on the wall, its lower corners rounded."""
    plate = cq.Workplane("XY").box(wall_plate_thickness, bracket_width, bracket_height, centered=(False, True, False))
    return plate.edges("|X and <Z").fillet(corner_radius)


def make_support_arm():
    """The arm under the shelf, its free corners rounded."""
    arm = cq.Workplane("XY", origin=(0, 0, bracket_height - arm_thickness)).box(
        arm_length, bracket_width, arm_thickness, centered=(False, True, False)
    )
    return arm.edges("|Z and >X").fillet(corner_radius)


def make_bracket_angle():
    """Plate and arm with a rounded root between them."""
    angle = make_wall_plate().union(make_support_arm())
    root = cq.selectors.NearestToPointSelector((wall_plate_thickness, 0, bracket_height - arm_thickness))
    return angle.edges("|Y").edges(root).fillet(root_fillet)


def web_outline():
    """The corners of the whole web as (x, z), clockwise from the root."""
    top = bracket_height - arm_thickness / 2
    left = wall_plate_thickness / 2
    tip = arm_length - corner_radius
    return [
        (left, top),
        (tip, top),
        (tip, bracket_height - arm_thickness - arm_tip_height),
        (wall_plate_thickness + plate_foot_width, corner_radius),
        (left, corner_radius),
    ]


def make_window():
    """The triangular opening: what lies between rims and the diagonal rib."""
    (x0, z0), (x1, z1) = web_outline()[3], web_outline()[2]
    length = ((x1 - x0) ** 2 + (z1 - z0) ** 2) ** 0.5
    slope = (z1 - z0) / (x1 - x0)
    drop = diagonal_rib_width * length / (x1 - x0)  # height of the rib, measured along z
    left = wall_plate_thickness + web_rim
    top = bracket_height - arm_thickness - web_rim
    bottom = z0 + slope * (left - x0) + drop
    right = x0 + (top - drop - z0) / slope
    window = cq.Workplane("XZ").polyline([(left, bottom), (left, top), (right, top)]).close()
    return window.extrude(web_thickness, both=True).edges("|Y").fillet(window_corner_radius)


def make_web():
    """The web in the middle plane with its diagonal_rib."""
    web = cq.Workplane("XZ").polyline(web_outline()).close().extrude(web_thickness / 2, both=True)
    return web.cut(make_window())


def drill_mounting_holes(bracket):
    """Two pairs of screw holes through the wall plate."""
    places = [
        (side * mounting_hole_pitch / 2, z)
        for z in (lower_mounting_height, upper_mounting_height)
        for side in (-1, 1)
    ]
    drill = cq.Workplane("YZ").pushPoints(places).circle(mounting_hole_diameter / 2)
    return bracket.cut(drill.extrude(wall_plate_thickness))


def drill_shelf_holes(bracket):
    """Two pairs of screw holes through the arm."""
    places = [
        (x, side * shelf_hole_pitch / 2) for x in (first_shelf_hole, last_shelf_hole) for side in (-1, 1)
    ]
    drill = cq.Workplane("XY", origin=(0, 0, bracket_height - arm_thickness)).pushPoints(places)
    return bracket.cut(drill.circle(shelf_hole_diameter / 2).extrude(arm_thickness))


def make_bracket():
    """The whole bracket, drilled."""
    return drill_shelf_holes(drill_mounting_holes(make_bracket_angle().union(make_web())))


fixture = make_bracket()
