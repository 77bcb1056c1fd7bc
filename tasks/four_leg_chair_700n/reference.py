"""Dining chair on four legs, glued from solid wood: one connected body.

Millimetres, floor at z = 0, x across the chair, front at y = 0. Rated for load_700n on the seat. The rear legs are sawn
from one board each and go on above the seat as raked posts.
"""

import math

import cadquery as cq

overall_width = 500.0
overall_depth = 500.0
overall_height = 900.0
seat_height = 450.0
seat_thickness = 24.0
seat_depth = 440.0
seat_corner_radius = 35.0
seat_edge_radius = 7.0

leg_size = 38.0
leg_inset = 18.0

crossbar_height = 30.0
crossbar_thickness = 18.0
side_crossbar_middle = 190.0
front_crossbar_middle = 260.0

slat_height = 95.0
slat_thickness = 16.0
slat_gap = 70.0
top_slat_margin = 25.0

leg_x = overall_width / 2 - leg_inset - leg_size / 2
front_leg_y = leg_inset + leg_size / 2
rear_leg_y = seat_depth - leg_size / 2
seat_bottom = seat_height - seat_thickness
rake = (overall_depth - leg_size / 2 - rear_leg_y) / (overall_height - seat_height)


def bar(width, depth, height, middle):
    """A straight piece along x, y and z, about its middle."""
    return cq.Workplane("XY").box(width, depth, height).translate(middle)


def make_seat():
    """The board, rounded at its front corners and eased all around its top."""
    board = bar(overall_width, seat_depth, seat_thickness, (0, seat_depth / 2, seat_height - seat_thickness / 2))
    board = board.edges("|Z and <Y").fillet(seat_corner_radius)
    return board.faces(">Z").edges().fillet(seat_edge_radius)


def make_front_legs():
    """The two front legs, up to the seat."""
    places = [(-leg_x, front_leg_y), (leg_x, front_leg_y)]
    return cq.Workplane("XY").pushPoints(places).rect(leg_size, leg_size).extrude(seat_bottom)


def make_rear_leg(x):
    """Leg and backrest post in one: upright to the seat, raked above it."""
    front, back = rear_leg_y - leg_size / 2, rear_leg_y + leg_size / 2
    lean = overall_depth - back
    outline = [
        (front, 0),
        (back, 0),
        (back, seat_height),
        (back + lean, overall_height),
        (front + lean, overall_height),
        (front, seat_height),
    ]
    board = cq.Workplane("YZ", origin=(x - leg_size / 2, 0, 0)).polyline(outline).close()
    return board.extrude(leg_size)


def make_four_leg_set():
    """The four_leg frame without its bars."""
    return make_front_legs().union(make_rear_leg(-leg_x)).union(make_rear_leg(leg_x))


def make_crossbars():
    """One crossbar on each side, the front one higher, where it is out of the way of feet."""
    depth = rear_leg_y - front_leg_y
    middle_y = (rear_leg_y + front_leg_y) / 2
    sides = [
        bar(crossbar_thickness, depth, crossbar_height, (x, middle_y, side_crossbar_middle)) for x in (-leg_x, leg_x)
    ]
    front = bar(2 * leg_x, crossbar_thickness, crossbar_height, (0, front_leg_y, front_crossbar_middle))
    rear = bar(2 * leg_x, crossbar_thickness, crossbar_height, (0, rear_leg_y, front_crossbar_middle))
    return sides + [front, rear]


def make_slat(middle):
    """A backrest slat between the posts, leaning with them, its edges rounded."""
    slat = bar(2 * leg_x, slat_thickness, slat_height, (0, 0, 0)).edges("|X").fillet(slat_thickness / 4)
    slat = slat.rotate((0, 0, 0), (1, 0, 0), -math.degrees(math.atan(rake)))
    return slat.translate((0, rear_leg_y + rake * (middle - seat_height), middle))


def make_backrest():
    """Two slats, the upper one just below the ends of the posts."""
    upper = overall_height - top_slat_margin - slat_height / 2
    return [make_slat(upper), make_slat(upper - slat_height - slat_gap)]


def make_chair():
    """All pieces glued together."""
    chair = make_seat().union(make_four_leg_set())
    for piece in make_crossbars() + make_backrest():
        chair = chair.union(piece)
    return chair


fixture = make_chair()
