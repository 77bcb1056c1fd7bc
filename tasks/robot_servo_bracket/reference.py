"""Bracket for a standard hobby servo, printed or bent and welded: one body.

Millimetres, base on z = 0. The servo hangs in the u_cradle with its flanges screwed to both ears.
"""

import cadquery as cq

overall_length = 80.0
bracket_width = 60.0
bracket_height = 55.0
wall_thickness = 4.0
cradle_inside_width = 44.0
bend_radius = 5.0
base_window_diameter = 14.0

ear_thickness = 4.0
ear_corner_radius = 6.0
servo_hole_diameter = 4.4
servo_hole_pitch_x = 66.0
servo_hole_pitch_y = 10.0

base_hole_diameter = 3.4
base_pitch_x = 30.0
base_pitch_y = 40.0

notch_width = 12.0
notch_depth = 16.0
notch_corner_radius = 3.0

rib_thickness = 4.0
rib_height = 22.0
rib_reach = 12.0
rib_distance = 34.0  # between the middles of a pair

outside_width = cradle_inside_width + 2 * wall_thickness


def make_u_cradle():
    """Base and walls: a channel with rounded bends."""
    outside = cq.Workplane("XY").box(outside_width, bracket_width, bracket_height, centered=(True, True, False))
    inside = cq.Workplane("XY").box(cradle_inside_width, bracket_width, bracket_height, centered=(True, True, False))
    inside = inside.edges("|Y and <Z").fillet(bend_radius - wall_thickness / 2)
    outside = outside.edges("|Y and <Z").fillet(bend_radius)
    return outside.cut(inside.translate((0, 0, wall_thickness)))


def make_side_ears():
    """Both ears: one plate over the whole bracket, open over the cradle."""
    plate = cq.Workplane("XY", origin=(0, 0, bracket_height - ear_thickness))
    ears = plate.rect(overall_length, bracket_width).extrude(ear_thickness).edges("|Z").fillet(ear_corner_radius)
    opening = cq.Workplane("XY").box(cradle_inside_width, bracket_width, bracket_height, centered=(True, True, False))
    return ears.cut(opening.translate((0, 0, wall_thickness)))


def make_stiffening_rib(y):
    """A gusset under the ear on +x."""
    wall = outside_width / 2
    top = bracket_height - ear_thickness / 2
    outline = [(wall - wall_thickness / 2, top), (wall + rib_reach, top), (wall - wall_thickness / 2, top - rib_height)]
    rib = cq.Workplane("XZ", origin=(0, y + rib_thickness / 2, 0)).polyline(outline).close()
    return rib.extrude(rib_thickness)


def make_ribs():
    """Two ribs on each side."""
    pair = make_stiffening_rib(-rib_distance / 2).union(make_stiffening_rib(rib_distance / 2))
    return pair.union(pair.mirror("YZ"))


def cut_cable_notch(body):
    """The notch in the wall on +x, open to its top edge and through the ear above it."""
    notch = cq.Workplane("YZ", origin=(cradle_inside_width / 2 - wall_thickness, 0, 0))
    notch = notch.center(0, bracket_height).rect(notch_width, 2 * notch_depth).extrude(3 * wall_thickness)
    return body.cut(notch.edges("|X").fillet(notch_corner_radius))


def drill_servo_holes(body):
    """The screw_hole pairs in both ears."""
    places = cq.Workplane("XY", origin=(0, 0, bracket_height - ear_thickness))
    corners = places.rect(servo_hole_pitch_x, servo_hole_pitch_y, forConstruction=True).vertices()
    return body.cut(corners.circle(servo_hole_diameter / 2).extrude(ear_thickness))


def drill_base(body):
    """Four mounting holes and a round window in the base."""
    corners = cq.Workplane("XY").rect(base_pitch_x, base_pitch_y, forConstruction=True).vertices()
    window = cq.Workplane("XY").circle(base_window_diameter / 2).extrude(wall_thickness)
    return body.cut(corners.circle(base_hole_diameter / 2).extrude(wall_thickness)).cut(window)


def make_servo_bracket():
    """The bracket, notched and drilled."""
    body = make_u_cradle().union(make_side_ears()).union(make_ribs())
    return drill_base(drill_servo_holes(cut_cable_notch(body)))


fixture = make_servo_bracket()
