"""Dining chair with a seat that is narrower at the back and rear legs that lean backwards below it too: one body.

Millimetres, floor at z = 0, x across the chair, front at y = 0. Rated for load_700n on the seat. The feet stand wider
than the seat is deep, so that the chair does not tip over; the crossbars follow the seat's outline.
"""

import math

import cadquery as cq

overall_width = 500.0
overall_depth = 500.0
overall_height = 900.0
seat_height = 450.0
seat_thickness = 24.0
seat_depth = 428.0
seat_rear_width = 424.0
seat_taper_start = 120.0  # behind the front edge
seat_corner_radius = 40.0
seat_side_radius = 260.0  # where the sides turn inwards
seat_edge_radius = 7.0

leg_size = 38.0
front_leg_inset = 14.0
rear_leg_inset = 10.0  # of the rear legs, from the sides of the seat
foot_lean = 34.0  # how far the rear feet stand behind the seat's rear edge

crossbar_height = 40.0
crossbar_thickness = 16.0
side_crossbar_middle = 215.0
front_crossbar_middle = 330.0
rear_crossbar_middle = 275.0

# The upper slat is deep and ends at the tips of the posts, the lower one supports the small of the back.
upper_slat_height = 120.0
lower_slat_height = 62.0
slat_thickness = 18.0
slat_edge_radius = 6.0
lower_slat_middle = 632.0
upper_slat_margin = 6.0

front_leg_x = (overall_width - leg_size) / 2 - front_leg_inset
rear_leg_x = (seat_rear_width - leg_size) / 2 - rear_leg_inset
front_leg_y = front_leg_inset + leg_size / 2
rear_leg_y = seat_depth - leg_size / 2  # at the seat
seat_bottom = seat_height - seat_thickness
rake = (overall_depth - seat_depth) / (overall_height - seat_height)


def bar(width, depth, height, middle):
    """A straight piece along x, y and z, about its middle."""
    return cq.Workplane("XY").box(width, depth, height).translate(middle)


def make_seat():
    """The board: narrower towards the back, with round front corners, its front and sides rounded above and below."""
    front, rear = overall_width / 2, seat_rear_width / 2
    right = [(front, 0), (front, seat_taper_start), (rear, seat_depth)]
    outline = right + [(-x, y) for x, y in reversed(right)]
    board = cq.Workplane("XY", origin=(0, 0, seat_bottom)).polyline(outline).close().extrude(seat_thickness)
    sides = cq.selectors.BoxSelector((-front - 1, 1, 0), (front + 1, seat_depth - 1, overall_height))
    board = board.edges("|Z").edges(sides).fillet(seat_side_radius)
    board = board.edges("|Z and <Y").fillet(seat_corner_radius)
    return board.faces("<Y").edges("|X").fillet(seat_edge_radius)


def make_front_legs():
    """The two front legs, up to the seat."""
    places = [(-front_leg_x, front_leg_y), (front_leg_x, front_leg_y)]
    return cq.Workplane("XY").pushPoints(places).rect(leg_size, leg_size).extrude(seat_bottom)


def make_rear_leg(x):
    """Leg and post of the backrest from one board with a knee at the seat, leaning backwards both ways."""
    front, back = rear_leg_y - leg_size / 2, rear_leg_y + leg_size / 2
    outline = [
        (front + foot_lean, 0),
        (back + foot_lean, 0),
        (back, seat_bottom),
        (back, seat_height),
        (overall_depth, overall_height),
        (overall_depth - leg_size, overall_height),
        (front, seat_height),
        (front, seat_bottom),
    ]
    return cq.Workplane("YZ", origin=(x - leg_size / 2, 0, 0)).polyline(outline).close().extrude(leg_size)


def rear_leg_y_at(height):
    """Where the middle of a rear leg or post is at a height."""
    if height > seat_height:
        return rear_leg_y + rake * (height - seat_height)
    return rear_leg_y + foot_lean * (1 - height / seat_bottom)


def make_side_crossbar(side):
    """A bar from a front leg to a rear one, which stands further inside."""
    start = (side * front_leg_x, front_leg_y)
    end = (side * rear_leg_x, rear_leg_y_at(side_crossbar_middle))
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    turn = math.degrees(math.atan2(start[0] - end[0], end[1] - start[1]))
    piece = bar(crossbar_thickness, length, crossbar_height, (0, 0, 0)).rotate((0, 0, 0), (0, 0, 1), turn)
    return piece.translate(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, side_crossbar_middle))


def make_crossbars():
    """One crossbar on each of the four sides, all at different heights."""
    front_middle = (0, front_leg_y, front_crossbar_middle)
    rear_middle = (0, rear_leg_y_at(rear_crossbar_middle), rear_crossbar_middle)
    front = bar(2 * front_leg_x, crossbar_thickness, crossbar_height, front_middle)
    rear = bar(2 * rear_leg_x, crossbar_thickness, crossbar_height, rear_middle)
    return [make_side_crossbar(-1), make_side_crossbar(1), front, rear]


def make_slat(height, middle):
    """A flat slat between the posts, leaning with them, its upper and lower edges rounded."""
    slat = bar(2 * rear_leg_x, slat_thickness, height, (0, 0, 0)).edges("|X").fillet(slat_edge_radius)
    slat = slat.rotate((0, 0, 0), (1, 0, 0), -math.degrees(math.atan(rake)))
    return slat.translate((0, rear_leg_y_at(middle), middle))


def make_backrest():
    """The two slats."""
    upper_middle = overall_height - upper_slat_margin - upper_slat_height / 2
    return [make_slat(lower_slat_height, lower_slat_middle), make_slat(upper_slat_height, upper_middle)]


def make_chair():
    """All pieces glued together."""
    pieces = [make_front_legs(), make_rear_leg(-rear_leg_x), make_rear_leg(rear_leg_x)]
    pieces += make_crossbars() + make_backrest()
    body = make_seat().val().fuse(*[piece.val() for piece in pieces])
    return cq.Workplane("XY").newObject([body.clean()])


fixture = make_chair()
