"""Dining chair with legs flush with the seat's corners, a frame of rails under the seat and curved slats: one body.

Millimetres, floor at z = 0, x across the chair, front at y = 0. Rated for load_700n on the seat: the rails carry it
into the legs, low crossbars keep the feet together.
"""

import math

import cadquery as cq

overall_width = 500.0
overall_depth = 500.0
overall_height = 900.0
seat_height = 450.0
seat_thickness = 24.0
seat_depth = 456.0
seat_corner_radius = 12.0
seat_edge_chamfer = 3.0

leg_size = 38.0

# Rails close the frame right under the seat.
rail_height = 52.0
rail_thickness = 20.0
rail_setback = 5.0  # behind the outer faces of the legs

# Crossbars near the floor; those at the front and back lie higher, so that tenons do not meet in a leg.
crossbar_height = 34.0
crossbar_thickness = 20.0
side_crossbar_middle = 125.0
crossbar_stagger = 40.0

# Slats are bent boards: the back leans into their hollow.
slat_height = 78.0
slat_thickness = 15.0
slat_hollow = 16.0
slat_setback = 6.0  # in front of the middle of the posts
lower_slat_middle = 625.0
upper_slat_middle = 835.0

leg_x = (overall_width - leg_size) / 2
front_leg_y = leg_size / 2
rear_leg_y = seat_depth - leg_size / 2
seat_bottom = seat_height - seat_thickness
rake = (overall_depth - seat_depth) / (overall_height - seat_height)


def bar(width, depth, height, middle):
    """A straight piece along x, y and z, about its middle."""
    return cq.Workplane("XY").box(width, depth, height).translate(middle)


def make_seat():
    """The board, with round corners and a chamfer around its top."""
    board = bar(overall_width, seat_depth, seat_thickness, (0, seat_depth / 2, seat_height - seat_thickness / 2))
    return board.edges("|Z").fillet(seat_corner_radius).faces(">Z").edges().chamfer(seat_edge_chamfer)


def make_front_legs():
    """The two front legs, up into the seat, their outer corners as round as its own."""
    places = [(-leg_x, front_leg_y), (leg_x, front_leg_y)]
    legs = cq.Workplane("XY").pushPoints(places).rect(leg_size, leg_size).extrude(seat_height - seat_thickness / 2)
    return legs.edges("|Z and (<X or >X) and <Y").fillet(seat_corner_radius)


def make_rear_leg(x):
    """Leg and post of the backrest from one board: upright up to the seat, leaning back from there."""
    front, back = seat_depth - leg_size, seat_depth
    top_front, top_back = overall_depth - leg_size, overall_depth
    outline = [
        (front, 0),
        (back, 0),
        (back, seat_height),
        (top_back, overall_height),
        (top_front, overall_height),
        (front, seat_height),
    ]
    return cq.Workplane("YZ", origin=(x - leg_size / 2, 0, 0)).polyline(outline).close().extrude(leg_size)


def make_bars_on_four_sides(thickness, height, setback, side_middle, end_middle):
    """One bar from leg to leg on each side of the chair."""
    depth = rear_leg_y - front_leg_y
    middle_y = (rear_leg_y + front_leg_y) / 2
    aside = overall_width / 2 - setback - thickness / 2
    sides = [bar(thickness, depth, height, (x, middle_y, side_middle)) for x in (-aside, aside)]
    front_y, rear_y = setback + thickness / 2, seat_depth - setback - thickness / 2
    ends = [bar(2 * leg_x, thickness, height, (0, y, end_middle)) for y in (front_y, rear_y)]
    return sides + ends


def make_seat_rails():
    """The frame under the seat, glued to it."""
    middle = seat_bottom - rail_height / 2 + 1
    return make_bars_on_four_sides(rail_thickness, rail_height, rail_setback, middle, middle)


def make_crossbars():
    """The four crossbars, in the middle of the legs."""
    setback = (leg_size - crossbar_thickness) / 2
    ends = side_crossbar_middle + crossbar_stagger
    return make_bars_on_four_sides(crossbar_thickness, crossbar_height, setback, side_crossbar_middle, ends)


def make_slat(middle):
    """A slat between the posts, hollow towards the sitter, leaning with the posts."""
    half = leg_x
    radius = (half**2 + slat_hollow**2) / (2 * slat_hollow)
    side = cq.Workplane("XY", origin=(0, slat_hollow - radius, -slat_height / 2))
    slat = side.circle(radius + slat_thickness / 2).circle(radius - slat_thickness / 2).extrude(slat_height)
    slat = slat.intersect(bar(2 * half, 4 * slat_hollow, slat_height, (0, slat_hollow, 0)))
    slat = slat.rotate((0, 0, 0), (1, 0, 0), -math.degrees(math.atan(rake)))
    return slat.translate((0, rear_leg_y - slat_setback + rake * (middle - seat_height), middle))


def make_backrest():
    """The two slats."""
    return [make_slat(lower_slat_middle), make_slat(upper_slat_middle)]


def make_chair():
    """All pieces glued together."""
    pieces = [make_front_legs(), make_rear_leg(-leg_x), make_rear_leg(leg_x)]
    pieces += make_seat_rails() + make_crossbars() + make_backrest()
    body = make_seat().val().fuse(*[piece.val() for piece in pieces])
    return cq.Workplane("XY").newObject([body.clean()])


fixture = make_chair()
