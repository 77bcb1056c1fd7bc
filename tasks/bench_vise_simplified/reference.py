"""Bench vise, simplified: body with guide rails, moving jaw, spindle and handle, four bodies with clearances.

Millimetres, the bench is z = 0, the spindle lies along x. The bench_vise opens as its screw_spindle is turned out of the bracket.
"""

import cadquery as cq

overall_length = 280.0
overall_width = 140.0
overall_height = 150.0

base_length = 200.0
base_thickness = 16.0
base_corner_radius = 14.0
mounting_hole_diameter = 11.0
mounting_pitch_x = 100.0
mounting_pitch_y = 116.0

jaw_width = 90.0
fixed_jaw_length = 44.0
moving_jaw_length = 36.0
jaw_opening = 45.0
jaw_edge_radius = 6.0
jaw_groove_depth = 1.5
jaw_groove_pitch = 8.0
jaw_face_height = 42.0

bracket_length = 26.0
bracket_height = 116.0
guide_rail_diameter = 16.0
guide_rail_pitch = 64.0
guide_rail_height = 56.0
sliding_clearance = 0.3

spindle_diameter = 20.0
spindle_height = 92.0
spindle_tip_depth = 22.0
collar_diameter = 30.0
collar_length = 6.0
head_diameter = 32.0
head_length = 34.0
handle_diameter = 10.0
handle_knob_diameter = 17.0
handle_knob_length = 12.0

jaw_start = fixed_jaw_length + jaw_opening
jaw_end = jaw_start + moving_jaw_length
bracket_start = base_length - bracket_length
head_start = overall_length - head_length


def block(start, length, width, bottom, top):
    """A block from x on, centred in y."""
    size = (length, width, top - bottom)
    return cq.Workplane("XY", origin=(start, 0, bottom)).box(*size, centered=(False, True, False))


def along_x(y, z, diameter, start, end):
    """A cylinder along x."""
    return cq.Workplane("YZ", origin=(start, y, z)).circle(diameter / 2).extrude(end - start)


def make_jaw_grooves(x):
    """Upright grooves that roughen the face of a jaw at x."""
    count = int(jaw_width / jaw_groove_pitch) - 1
    places = [(x, (index - (count - 1) / 2) * jaw_groove_pitch) for index in range(count)]
    grooves = cq.Workplane("XY", origin=(0, 0, overall_height - jaw_face_height)).pushPoints(places)
    return grooves.rect(2 * jaw_groove_depth, 2 * jaw_groove_depth).extrude(jaw_face_height)


def make_base():
    """The plate on the bench with its mounting_hole pattern."""
    plate = block(0, base_length, overall_width, 0, base_thickness).edges("|Z").fillet(base_corner_radius)
    places = cq.Workplane("XY", origin=(base_length / 2, 0, 0)).rect(mounting_pitch_x, mounting_pitch_y, forConstruction=True)
    return plate.cut(places.vertices().circle(mounting_hole_diameter / 2).extrude(base_thickness))


def make_fixed_jaw():
    """The jaw at x = 0, rounded at its top and roughened."""
    jaw = block(0, fixed_jaw_length, jaw_width, 0, overall_height)
    jaw = jaw.edges("|Y and >Z and <X").fillet(2 * jaw_edge_radius)
    return jaw.cut(make_jaw_grooves(fixed_jaw_length))


def make_bracket():
    """The end bracket, bored for the spindle."""
    bracket = block(bracket_start, bracket_length, jaw_width, 0, bracket_height)
    bracket = bracket.edges("|X and >Z").fillet(3 * jaw_edge_radius)
    bore = spindle_diameter + 2 * sliding_clearance
    return bracket.cut(along_x(0, spindle_height, bore, 0, overall_length))


def make_guide_rails(diameter):
    """Both guide_rail bars between fixed jaw and bracket."""
    left, right = -guide_rail_pitch / 2, guide_rail_pitch / 2
    start, end = fixed_jaw_length / 2, bracket_start + bracket_length / 2
    return along_x(left, guide_rail_height, diameter, start, end).union(
        along_x(right, guide_rail_height, diameter, start, end)
    )


def make_body():
    """Base, fixed jaw, bracket and rails: one casting with pressed-in bars."""
    body = make_base().union(make_fixed_jaw()).union(make_bracket())
    return body.union(make_guide_rails(guide_rail_diameter))


def make_moving_jaw():
    """The jaw on the rails with a blind bore and a groove that hold the spindle's tip and collar."""
    jaw = block(jaw_start, moving_jaw_length, jaw_width, base_thickness + 1, overall_height)
    jaw = jaw.edges("|Y and >Z and >X").fillet(2 * jaw_edge_radius)
    jaw = jaw.cut(make_jaw_grooves(jaw_start)).cut(make_guide_rails(guide_rail_diameter + 2 * sliding_clearance))
    depth = jaw_end - spindle_tip_depth - sliding_clearance
    tip = along_x(0, spindle_height, spindle_diameter + 2 * sliding_clearance, depth, jaw_end)
    start = jaw_end - spindle_tip_depth / 2 - collar_length / 2 - sliding_clearance
    ring = along_x(
        0, spindle_height, collar_diameter + 2 * sliding_clearance, start, start + collar_length + 2 * sliding_clearance
    )
    return jaw.cut(tip).cut(ring)


def make_screw_spindle():
    """Tip with collar, shank and head, the head cross-bored for the handle."""
    spindle = along_x(0, spindle_height, spindle_diameter, jaw_end - spindle_tip_depth, overall_length)
    start = jaw_end - spindle_tip_depth / 2 - collar_length / 2
    spindle = spindle.union(along_x(0, spindle_height, collar_diameter, start, start + collar_length))
    spindle = spindle.union(along_x(0, spindle_height, head_diameter, head_start, overall_length))
    bore = cq.Workplane("XZ", origin=(head_start + head_length / 2, overall_width / 2, spindle_height))
    bore = bore.circle(handle_diameter / 2 + sliding_clearance).extrude(overall_width)
    return spindle.faces(">X").chamfer(jaw_groove_depth).cut(bore)


def make_handle_bar():
    """The sliding bar with a knob at either end."""
    plane = cq.Workplane("XZ", origin=(head_start + head_length / 2, overall_width / 2, spindle_height))
    bar = plane.circle(handle_diameter / 2).extrude(overall_width)
    knob = plane.circle(handle_knob_diameter / 2).extrude(handle_knob_length).edges().fillet(handle_knob_length / 4)
    return bar.union(knob).union(knob.mirror("XZ"))


def make_vise():
    """The four bodies in place."""
    bodies = [make_body().val(), make_moving_jaw().val(), make_screw_spindle().val(), make_handle_bar().val()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(bodies)])


fixture = make_vise()
