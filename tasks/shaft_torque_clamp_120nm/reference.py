"""Torque arm with a split boss: one body, a lightweight clamp_fixture for torque_120nm with safety_factor_2.

Millimetres. The fixed_root is the plane x = 0, the shaft lies along y. The load_path runs from the bore through the flanges of
an I beam to the corners of the root plate; its web is thin and opened where it carries little.
"""

import cadquery as cq

overall_length = 240.0
root_width = 90.0
root_height = 70.0
root_thickness = 12.0
root_corner_radius = 10.0
root_hole_diameter = 9.0
root_pitch_y = 70.0
root_pitch_z = 46.0

boss_diameter = 70.0
boss_length = 60.0
shaft_diameter = 36.0
shaft_x = 175.0
boss_edge_chamfer = 2.0

ear_height = 18.0
slot_width = 4.0
clamp_bolt_diameter = 8.5
clamp_bolt_pitch = 32.0
clamp_bolt_x = 226.0

flange_thickness = 9.0
flange_width_root = 70.0
flange_width_boss = 50.0
web_thickness = 8.0
window_height = 30.0
window_margin = 14.0
web_post = 10.0

axis_z = root_height / 2
boss_start = shaft_x - boss_diameter / 2


def make_fixed_root():
    """The plate on the machine bed or wall, with its four holes."""
    plate = cq.Workplane("YZ", origin=(0, 0, axis_z)).rect(root_width, root_height).extrude(root_thickness)
    plate = plate.edges("|X").fillet(root_corner_radius)
    corners = cq.Workplane("YZ", origin=(0, 0, axis_z)).rect(root_pitch_y, root_pitch_z, forConstruction=True)
    return plate.cut(corners.vertices().circle(root_hole_diameter / 2).extrude(root_thickness))


def make_flanges():
    """Upper and lower flange, tapering from the root to the boss."""
    outline = [
        (0, -flange_width_root / 2),
        (shaft_x, -flange_width_boss / 2),
        (shaft_x, flange_width_boss / 2),
        (0, flange_width_root / 2),
    ]
    lower = cq.Workplane("XY").polyline(outline).close().extrude(flange_thickness)
    return lower.union(lower.translate((0, 0, root_height - flange_thickness)))


def make_web():
    """The web between the flanges, with two openings and a post between them."""
    web = cq.Workplane("XY").box(shaft_x, web_thickness, root_height, centered=(False, True, False))
    start, end = root_thickness + window_margin, boss_start - window_margin / 2
    length = (end - start - web_post) / 2
    places = [(start + length / 2, axis_z), (end - length / 2, axis_z)]
    window = cq.Workplane("XZ", origin=(0, web_thickness, 0)).pushPoints(places).rect(length, window_height)
    return web.cut(window.extrude(2 * web_thickness).edges("|Y").fillet(window_height / 4))


def make_shaft_boss():
    """The boss and the block of its ears, still whole."""
    boss = cq.Workplane("XZ", origin=(shaft_x, boss_length / 2, axis_z)).circle(boss_diameter / 2).extrude(boss_length)
    boss = boss.faces("<Y or >Y").chamfer(boss_edge_chamfer)
    height = 2 * ear_height + slot_width
    ears = cq.Workplane("XY").box(overall_length - shaft_x, boss_length, height, centered=(False, True, True))
    ears = ears.edges("|Z and >X").fillet(ear_height / 2).translate((shaft_x, 0, axis_z))
    return boss.union(ears)


def make_shaft_space():
    """Bore and slot."""
    bore = cq.Workplane("XZ", origin=(shaft_x, boss_length, axis_z)).circle(shaft_diameter / 2).extrude(2 * boss_length)
    slot = cq.Workplane("XY").box(overall_length, 2 * boss_length, slot_width, centered=(False, True, True))
    return bore.union(slot.translate((shaft_x, 0, axis_z)))


def make_twin_bolt_holes():
    """The holes of the two clamp bolts, through both ears."""
    places = [(clamp_bolt_x, -clamp_bolt_pitch / 2), (clamp_bolt_x, clamp_bolt_pitch / 2)]
    return cq.Workplane("XY").pushPoints(places).circle(clamp_bolt_diameter / 2).extrude(root_height)


def make_clamp_fixture():
    """Root, I beam and boss in one body, then bored, split and drilled."""
    body = make_fixed_root().union(make_flanges().union(make_web()).cut(make_root_clearance())).union(make_shaft_boss())
    return body.cut(make_shaft_space()).cut(make_twin_bolt_holes())


def make_root_clearance():
    """Keeps the flanges off the heads of the root's bolts."""
    corners = cq.Workplane("YZ", origin=(0, 0, axis_z)).rect(root_pitch_y, root_pitch_z, forConstruction=True)
    return corners.vertices().circle(root_hole_diameter).extrude(shaft_x / 4)


fixture = make_clamp_fixture()
