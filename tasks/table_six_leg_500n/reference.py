"""Table on six legs, glued from solid wood: one body.

Millimetres, floor at z = 0, x along the table. Rated for load_500n in the middle of the top: the middle pair of legs
halves the span of the long aprons, and crossbars with one stretcher keep the feet from spreading.
"""

import cadquery as cq

top_length = 900.0
top_width = 600.0
overall_height = 720.0
top_thickness = 26.0
top_corner_radius = 30.0
top_edge_radius = 6.0

leg_size = 44.0
leg_inset = 20.0
foot_size = 30.0  # the legs taper on their lower part
taper_height = 420.0

apron_height = 70.0
apron_thickness = 22.0

crossbar_middle = 140.0
crossbar_height = 40.0
crossbar_thickness = 20.0
stretcher_height = 32.0
stretcher_width = 46.0

leg_top = overall_height - top_thickness
leg_x = top_length / 2 - leg_inset - leg_size / 2
leg_y = top_width / 2 - leg_inset - leg_size / 2


def bar(length, width, height, middle):
    """A straight piece along x, y and z, about its middle."""
    return cq.Workplane("XY").box(length, width, height).translate(middle)


def make_tabletop():
    """The board, its corners rounded in plan and its upper and lower edges eased."""
    board = bar(top_length, top_width, top_thickness, (0, 0, overall_height - top_thickness / 2))
    board = board.edges("|Z").fillet(top_corner_radius)
    return board.faces("<Z or >Z").edges().fillet(top_edge_radius)


def make_leg(x, y):
    """One square leg, tapered towards the foot on all four sides."""
    foot = cq.Workplane("XY", origin=(x, y, 0)).rect(foot_size, foot_size)
    taper = foot.workplane(offset=taper_height).rect(leg_size, leg_size).loft(ruled=True)
    straight = leg_top - taper_height
    post = cq.Workplane("XY", origin=(x, y, taper_height)).rect(leg_size, leg_size).extrude(straight)
    return taper.union(post)


def make_six_leg_set():
    """Three pairs of legs: both ends and the middle."""
    places = [(x, y) for x in (-leg_x, 0, leg_x) for y in (-leg_y, leg_y)]
    return [make_leg(x, y) for x, y in places]


def make_aprons():
    """The frame under the top: two long boards, and a cross board at each pair of legs."""
    middle = leg_top - apron_height / 2
    long_boards = [bar(2 * leg_x, apron_thickness, apron_height, (0, side * leg_y, middle)) for side in (-1, 1)]
    cross_boards = [bar(apron_thickness, 2 * leg_y, apron_height, (x, 0, middle)) for x in (-leg_x, 0, leg_x)]
    return long_boards + cross_boards


def make_crossbars():
    """A crossbar low between the legs of each pair."""
    size = (crossbar_thickness, 2 * leg_y, crossbar_height)
    return [bar(*size, (x, 0, crossbar_middle)) for x in (-leg_x, 0, leg_x)]


def make_stretcher():
    """The long stretcher: its support of the crossbars makes the three frames stand as one."""
    return bar(2 * leg_x, stretcher_width, stretcher_height, (0, 0, crossbar_middle))


def make_table():
    """All pieces glued together."""
    table = make_tabletop()
    for piece in make_six_leg_set() + make_aprons() + make_crossbars() + [make_stretcher()]:
        table = table.union(piece)
    return table


fixture = make_table()
