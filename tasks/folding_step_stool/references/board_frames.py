"""Folding stool of plywood: round-headed boards as rails, flat cross boards, one long hinge barrel. Three bodies with clearances.

Millimetres, floor at z = 0, front at y = 0. The rails of the outer frame carry the lower step on arms; headed pins join the frames.
"""

import math

import cadquery as cq

stool_width = 420.0
stool_depth = 360.0
stool_height = 480.0
step_thickness = 20.0

# Rails: boards between two circles, the upper about the rod.
rail_thickness = 18.0
rail_width = 42.0
frame_clearance = 1.0
foot_y = 24.0  # of the outer frame's axis on the floor
rod_y = 322.0
rod_height = 438.0
rod_diameter = 12.0

barrel_diameter = 24.0
barrel_length = 240.0
bearing_clearance = 0.3

pivot_diameter = 16.0
pivot_head_diameter = 28.0
pivot_head_height = 5.0

top_corner_radius = 36.0
top_edge_chamfer = 3.0
rest_clearance = 0.5
cleat_width = 46.0  # of the board that the top step lies on
cleat_height = 16.0
stop_bar_height = 8.0  # keeps the cleat in place below the top step
stop_bar_width = 10.0

lower_step_top = 220.0
lower_step_front = 10.0
lower_step_back = 140.0
lower_step_nose = 6.0  # radius of its front edge
arm_drop = 46.0  # how far an arm reaches below the lower step

stretcher_height = 70.0
stretcher_middle = 66.0
stretcher_thickness = 16.0

groove_count = 4
groove_width = 5.0
groove_depth = 2.0
top_groove_pitch = 70.0
lower_groove_pitch = 26.0

outer_x = stool_width / 2 - rail_thickness
inner_x = outer_x - frame_clearance - rail_thickness
pivot_y = stool_depth / 2
run, rise = rod_y - foot_y, rod_height
pivot_height = rise * (pivot_y - foot_y) / run
lean = math.degrees(math.atan2(run, rise))
top_bottom = stool_height - step_thickness


def along_x(y, z, diameter, start, length):
    """A round bar along x."""
    return cq.Workplane("YZ", origin=(start, y, z)).circle(diameter / 2).extrude(length)


def block(x_middle, y_start, z_start, width, depth, height):
    """A board from its lower front edge on."""
    return cq.Workplane("XY", origin=(x_middle, y_start, z_start)).box(width, depth, height, centered=(True, False, False))


def both_sides(part):
    """The part and its mirror image."""
    return part.union(part.mirror("YZ"))


def make_rail(start):
    """A leaning board from x = start on, its head round about the rod, its foot cut off at the floor."""
    length = math.hypot(run, rise) + rail_width
    board = cq.Workplane("YZ", origin=(start, 0, 0)).center(0, -length / 2).rect(rail_width, length).extrude(rail_thickness)
    board = board.union(along_x(0, 0, rail_width, start, rail_thickness))
    board = board.rotate((0, 0, 0), (1, 0, 0), -lean).translate((0, rod_y, rod_height))
    return board.intersect(block(0, 0, 0, stool_width, 2 * stool_depth, stool_height))


def axis_y(height):
    """Where the outer frame's axis is at a height."""
    return foot_y + run * height / rise


def make_grooves(top, middle_y, pitch):
    """The space of anti_slip_groove lines along x, from edge to edge."""
    first = middle_y - (groove_count - 1) / 2 * pitch
    places = [(0, first + index * pitch) for index in range(groove_count)]
    face = cq.Workplane("XY", origin=(0, 0, top - groove_depth)).pushPoints(places)
    return face.rect(2 * stool_width, groove_width).extrude(2 * groove_depth)


def make_lower_step():
    """The step with its nose, between the outer rails and on their arms."""
    bottom = lower_step_top - step_thickness
    depth = lower_step_back - lower_step_front
    step = block(0, lower_step_front, bottom, stool_width, depth, step_thickness)
    step = step.edges("|X and <Y").fillet(lower_step_nose)
    return step.cut(make_grooves(lower_step_top, (lower_step_front + lower_step_back) / 2, lower_groove_pitch))


def make_arm():
    """The right rail's arm: a cheek with a hollow lower edge that carries the lower step."""
    bottom = lower_step_top - step_thickness
    tip = lower_step_front + 2 * lower_step_nose
    low = bottom - 2 * arm_drop
    cheek = (
        cq.Workplane("YZ", origin=(outer_x, 0, 0))
        .moveTo(tip, bottom + 1)
        .threePointArc((axis_y(bottom) - 1.7 * arm_drop, bottom - 0.6 * arm_drop), (axis_y(low), low))
        .lineTo(axis_y(bottom), bottom + 1)
        .close()
    )
    return cheek.extrude(rail_thickness)


def make_pivot():
    """The right pivot: a pin fixed in the outer rail, with a head inside of the inner one."""
    end = inner_x - frame_clearance
    pin = along_x(pivot_y, pivot_height, pivot_diameter, end, outer_x + rail_thickness / 2 - end)
    return pin.union(along_x(pivot_y, pivot_height, pivot_head_diameter, end - pivot_head_height, pivot_head_height))


def make_stretcher(half_width, middle_y):
    """An upright board between two rails, near the floor, its edges rounded."""
    board = block(0, middle_y - stretcher_thickness / 2, stretcher_middle - stretcher_height / 2, 2 * half_width + 2,
                  stretcher_thickness, stretcher_height)
    return board.edges("|X").fillet(stretcher_thickness / 3)


def make_outer_frame():
    """All that is fixed to the outer rails: arms, pivots, rod, lower step and a stretcher."""
    side = make_rail(outer_x).union(make_arm()).union(make_pivot())
    rod = along_x(rod_y, rod_height, rod_diameter, -outer_x - 1, 2 * outer_x + 2)
    return both_sides(side).union(rod).union(make_lower_step()).union(make_stretcher(outer_x, axis_y(stretcher_middle)))


def make_cleat():
    """The flat board across the inner frame's front that the top step lies on."""
    top = top_bottom - rest_clearance
    middle = stool_depth - axis_y(top - cleat_height / 2)
    board = block(0, middle - cleat_width / 2, top - cleat_height, 2 * (inner_x + rail_thickness), cleat_width, cleat_height)
    return board.edges("|X").fillet(cleat_height / 4)


def make_inner_frame():
    """Two rails that lean forwards, bored for the pivots, with the cleat and a stretcher."""
    rail = make_rail(inner_x).mirror("XZ").translate((0, stool_depth, 0))
    bore = along_x(pivot_y, pivot_height, pivot_diameter + 2 * bearing_clearance, 0, stool_width)
    stretcher = make_stretcher(inner_x, stool_depth - axis_y(stretcher_middle))
    return both_sides(rail.cut(bore)).union(make_cleat()).union(stretcher)


def make_hinge_barrel():
    """One long barrel and the web that joins it to the top step."""
    barrel = along_x(rod_y, rod_height, barrel_diameter, -barrel_length / 2, barrel_length)
    web = block(0, rod_y - barrel_diameter / 2, rod_height, barrel_length, barrel_diameter, top_bottom + 1 - rod_height)
    return barrel.union(web)


def make_top_step():
    """The board with grooves from side to side, its barrel, and a bar behind the cleat, which keeps it from sliding."""
    board = block(0, 0, top_bottom, stool_width, stool_depth, step_thickness)
    board = board.edges("|Z").fillet(top_corner_radius).faces(">Z").edges().chamfer(top_edge_chamfer)
    bar_y = stool_depth - axis_y(top_bottom - cleat_height / 2) + cleat_width / 2 + 2
    bar = block(0, bar_y, top_bottom - stop_bar_height, barrel_length, stop_bar_width, stop_bar_height + 1)
    board = board.union(make_hinge_barrel()).union(bar)
    bore = along_x(rod_y, rod_height, rod_diameter + 2 * bearing_clearance, -barrel_length, 2 * barrel_length)
    return board.cut(bore).cut(make_grooves(stool_height, stool_depth / 2, top_groove_pitch))


def make_stool():
    """The three bodies, opened."""
    bodies = [make_outer_frame().val(), make_inner_frame().val(), make_top_step().val()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(bodies)])


fixture = make_stool()
