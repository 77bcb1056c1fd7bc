"""Folding stool with two steps on a crossed_frame: outer frame, inner frame and top step, three bodies with clearances.

Millimetres, floor at z = 0, front at y = 0. The folding_stool stands while its top_step lies on the inner frame's front bar.
"""

import cadquery as cq

stool_width = 420.0
stool_depth = 360.0
stool_height = 480.0
step_thickness = 20.0
step_edge_radius = 4.0
step_corner_radius = 20.0

rail_thickness = 18.0
rail_run = 36.0  # a rail's width, measured along the floor
frame_clearance = 1.0
rest_clearance = 0.6  # between the inner frame and the top step
crossbar_diameter = 20.0
crossbar_height = 60.0

pivot_diameter = 14.0
pivot_clearance = 0.4
hinge_height = 440.0
hinge_rod_diameter = 12.0
hinge_barrel_diameter = 26.0
hinge_barrel_length = 60.0
hinge_barrel_pitch = 220.0
hinge_eye_diameter = 34.0

lower_step_top = 220.0
lower_step_front = 24.0

groove_count = 5
groove_width = 4.0
groove_depth = 2.5
groove_pitch = 24.0

rest_height = stool_height - step_thickness - rest_clearance
slope = (stool_depth - rail_run) / rest_height
pivot_height = rest_height / 2
hinge_y = rail_run / 2 + slope * hinge_height
outer_x = stool_width / 2 - rail_thickness
inner_x = outer_x - frame_clearance - rail_thickness


def along_x(y, z, diameter, start, length):
    """A round bar along x."""
    return cq.Workplane("YZ", origin=(start, y, z)).circle(diameter / 2).extrude(length)


def make_rail(x, top):
    """A rail that leans backwards, cut level at the floor and at its top, drawn from x on."""
    outline = [(0, 0), (rail_run, 0), (rail_run + slope * top, top), (slope * top, top)]
    return cq.Workplane("YZ", origin=(x, 0, 0)).polyline(outline).close().extrude(rail_thickness)


def cut_grooves(step, middle_y, top, width, pitch):
    """Rounded anti_slip_groove lines along x in the top of a step."""
    first = middle_y - (groove_count - 1) / 2 * pitch
    places = [(0, first + index * pitch) for index in range(groove_count)]
    grooves = cq.Workplane("XY", origin=(0, 0, top - groove_depth)).pushPoints(places).slot2D(width, groove_width)
    return step.cut(grooves.extrude(2 * groove_depth))


def make_lower_step():
    """The step between the outer rails: its rear edge ends inside them, short of the inner frame."""
    bottom = lower_step_top - step_thickness
    back = slope * bottom + rail_run / 2
    step = cq.Workplane("XY").box(2 * outer_x, back - lower_step_front, step_thickness, centered=(True, False, False))
    step = step.edges("|X and <Y").fillet(step_edge_radius).translate((0, lower_step_front, bottom))
    brackets = make_step_bracket(-outer_x - rail_thickness / 2).union(make_step_bracket(outer_x - rail_thickness / 2))
    return cut_grooves(step.union(brackets), (lower_step_front + back) / 2, lower_step_top, 1.6 * outer_x, groove_pitch)


def make_step_bracket(x):
    """A cheek that carries the lower_step from an outer rail."""
    bottom = lower_step_top - step_thickness
    low = bottom - 3 * step_thickness
    outline = [(lower_step_front + 2 * step_edge_radius, bottom + 1), (slope * bottom + rail_run / 2, bottom + 1),
               (slope * low + rail_run / 2, low)]
    return cq.Workplane("YZ", origin=(x, 0, 0)).polyline(outline).close().extrude(rail_thickness)


def make_outer_frame():
    """Rails, eyes, hinge rod, pivots, lower step and a bar: all that is fixed to the outer rails."""
    frame = make_lower_step()
    for side in (-1, 1):
        x = side * (outer_x + rail_thickness / 2) - rail_thickness / 2
        frame = frame.union(make_rail(x, hinge_height))
        frame = frame.union(along_x(hinge_y, hinge_height, hinge_eye_diameter, x, rail_thickness))
        pivot_length = rail_thickness + frame_clearance
        start = side * (inner_x + pivot_length / 2 + rail_thickness / 2) - pivot_length / 2 - rail_thickness / 2
        frame = frame.union(along_x(stool_depth / 2, pivot_height, pivot_diameter, start, pivot_length + rail_thickness))
    bar_y = rail_run / 2 + slope * crossbar_height
    frame = frame.union(along_x(bar_y, crossbar_height, crossbar_diameter, -outer_x - 1, 2 * outer_x + 2))
    rod = along_x(hinge_y, hinge_height, hinge_rod_diameter, -outer_x - 1, 2 * outer_x + 2)
    return frame.union(rod)


def make_inner_frame():
    """Two rails that lean forwards and two bars between them, bored for the pivots."""
    rails = make_rail(-inner_x - rail_thickness, rest_height).union(make_rail(inner_x, rest_height))
    bar_y = rail_run / 2 + slope * crossbar_height
    low = along_x(bar_y, crossbar_height, crossbar_diameter, -inner_x - 1, 2 * inner_x + 2)
    top_z = rest_height - crossbar_diameter / 2
    top = along_x(rail_run / 2 + slope * top_z, top_z, crossbar_diameter, -inner_x - 1, 2 * inner_x + 2)
    frame = rails.union(low).union(top).mirror("XZ").translate((0, stool_depth, 0))
    bore = pivot_diameter + 2 * pivot_clearance
    return frame.cut(along_x(stool_depth / 2, pivot_height, bore, -stool_width, 2 * stool_width))


def make_top_step():
    """The upper board with its grooves and two knuckles of the hinge_barrel below."""
    bottom = stool_height - step_thickness
    board = cq.Workplane("XY").box(stool_width, stool_depth, step_thickness, centered=(True, False, False))
    board = board.edges("|Z").fillet(step_corner_radius).faces(">Z").edges().fillet(step_edge_radius)
    board = cut_grooves(board.translate((0, 0, bottom)), stool_depth / 2, stool_height, 0.8 * stool_width, 2 * groove_pitch)
    for side in (-1, 1):
        start = side * hinge_barrel_pitch / 2 - hinge_barrel_length / 2
        board = board.union(along_x(hinge_y, hinge_height, hinge_barrel_diameter, start, hinge_barrel_length))
        neck = cq.Workplane("XY", origin=(start, hinge_y - hinge_barrel_diameter / 2, hinge_height))
        neck = neck.box(hinge_barrel_length, hinge_barrel_diameter, bottom + 1 - hinge_height, centered=False)
        board = board.union(neck)
    bore = hinge_rod_diameter + 2 * pivot_clearance
    return board.cut(along_x(hinge_y, hinge_height, bore, -stool_width, 2 * stool_width))


def make_stool():
    """The three bodies, opened."""
    bodies = [make_outer_frame().val(), make_inner_frame().val(), make_top_step().val()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(bodies)])


fixture = make_stool()
