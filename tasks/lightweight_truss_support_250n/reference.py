"""Truss of two triangular frames between a wall plate and a load boss: one welded or printed body.

Millimetres, the wall is x = 0. Rated for load_250n at the boss with safety_factor_2: the top chord pulls, the bottom
chord pushes, every rib between them is a member of a triangle.
"""

import math

import cadquery as cq

overall_length = 260.0
overall_width = 80.0
overall_height = 130.0

plate_thickness = 8.0
plate_corner_radius = 8.0
mounting_hole_diameter = 8.0
mounting_pitch_y = 40.0
mounting_pitch_z = 106.0

truss_thickness = 7.0
chord_depth = 12.0
web_depth = 10.0
bottom_node_height = 10.0  # where the bottom chord leaves the wall plate

boss_diameter = 28.0
load_hole_diameter = 12.0
cross_member_diameter = 9.0

first_panel_x = 86.0
second_panel_x = 162.0

boss_x = overall_length - boss_diameter / 2
boss_z = overall_height - boss_diameter / 2
top_z = overall_height - chord_depth / 2


def bottom_at(x):
    """Height of the bottom chord's middle line above the floor of the box."""
    return bottom_node_height + (boss_z - bottom_node_height) * x / boss_x


def make_member(start, end, depth):
    """A flat bar in the plane y = 0 between two nodes (x, z), with rounded ends."""
    (x0, z0), (x1, z1) = start, end
    length, angle = math.hypot(x1 - x0, z1 - z0), math.degrees(math.atan2(z1 - z0, x1 - x0))
    bar = cq.Workplane("XZ", origin=(0, truss_thickness / 2, 0)).slot2D(length + depth, depth)
    bar = bar.extrude(truss_thickness).translate((length / 2, 0, 0))
    return bar.rotate((0, 0, 0), (0, 1, 0), -angle).translate((x0, 0, z0))


def make_triangular_truss():
    """One frame: two chords and the web members between their nodes."""
    wall_x = chord_depth / 2
    top = [(wall_x, top_z), (first_panel_x, top_z), (second_panel_x, top_z), (boss_x, top_z)]
    bottom = [(x, bottom_at(x)) for x in (wall_x, first_panel_x, second_panel_x)] + [(boss_x, boss_z)]
    frame = make_member(top[0], top[3], chord_depth).union(make_member(bottom[0], bottom[3], chord_depth))
    webs = [(top[0], bottom[1]), (top[1], bottom[1]), (top[1], bottom[2]), (top[2], bottom[2])]
    for start, end in webs:
        frame = frame.union(make_member(start, end, web_depth))
    return frame


def make_wall_plate():
    """The plate with its mounting_hole pattern."""
    plate = cq.Workplane("XY").box(plate_thickness, overall_width, overall_height, centered=(False, True, False))
    plate = plate.edges("|X").fillet(plate_corner_radius)
    return plate.cut(make_mounting_drill())


def make_mounting_drill():
    """Four drills along x."""
    corners = cq.Workplane("YZ", origin=(0, 0, overall_height / 2)).rect(
        mounting_pitch_y, mounting_pitch_z, forConstruction=True
    )
    return corners.vertices().circle(mounting_hole_diameter / 2).extrude(plate_thickness)


def make_load_boss():
    """The boss at the tip, undrilled."""
    boss = cq.Workplane("XZ", origin=(boss_x, overall_width / 2, boss_z)).circle(boss_diameter / 2)
    return boss.extrude(overall_width)


def make_cross_members():
    """Round bars between both frames at the nodes of the panels."""
    nodes = [(x, z) for x in (first_panel_x, second_panel_x) for z in (top_z, bottom_at(x))]
    bars = cq.Workplane("XZ", origin=(0, overall_width / 2, 0)).pushPoints(nodes).circle(cross_member_diameter / 2)
    return bars.extrude(overall_width)


def make_truss_support():
    """Both frames, the plate, the boss and the members across."""
    offset = (overall_width - truss_thickness) / 2
    frame = make_triangular_truss()
    body = make_wall_plate().union(make_load_boss()).union(make_cross_members())
    body = body.union(frame.translate((0, offset, 0))).union(frame.translate((0, -offset, 0)))
    hole = cq.Workplane("XZ", origin=(boss_x, overall_width, boss_z)).circle(load_hole_diameter / 2)
    return body.cut(hole.extrude(2 * overall_width))


fixture = make_truss_support()
