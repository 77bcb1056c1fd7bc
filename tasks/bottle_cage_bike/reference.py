"""Bottle cage for a bicycle, moulded in one body: lightweight, arms cut out of one thin shell.

Millimetres. The bottle's axis is z, the frame tube is towards -x.
"""

import math

import cadquery as cq

overall_depth = 85.0
overall_height = 150.0
bottle_diameter = 74.0
shell_thickness = 3.0

strip_width = 22.0
strip_edge_radius = 2.0
mounting_hole_diameter = 5.5
mounting_hole_pitch = 64.0
mounting_hole_middle = 75.0
bolt_head_diameter = 10.0
bolt_head_depth = 2.5

arm_width = 13.0
lower_arm_start = 18.0
upper_arm_start = 70.0
arm_rise = 34.0  # of an arm, from the back to the front
front_ring_height = 26.0
front_ring_width = 46.0

lip_bulge = 1.5
lip_height = 9.0

stop_thickness = 4.0
stop_opening_diameter = 48.0
rib_width = 16.0

inner_radius = bottle_diameter / 2
outer_radius = inner_radius + shell_thickness
back_x = outer_radius - overall_depth


def cylinder(radius, bottom, height):
    """A cylinder about the bottle's axis."""
    return cq.Workplane("XY", origin=(0, 0, bottom)).circle(radius).extrude(height)


def make_shell(bottom, height):
    """A piece of the thin wall around the bottle."""
    return cylinder(outer_radius, bottom, height).cut(cylinder(inner_radius, bottom, height))


def make_mounting_strip():
    """The strip on the frame, its inner face against the bottle."""
    depth = -back_x
    strip = cq.Workplane("XY", origin=(back_x, 0, 0)).box(depth, strip_width, overall_height, centered=(False, True, False))
    return strip.edges("|Z and <X").fillet(strip_edge_radius).cut(cylinder(inner_radius, 0, overall_height))


def make_curved_arm(start):
    """Both curved_arm halves that leave the strip at one height: the shell between two slanting planes."""
    rise = arm_rise / (2 * outer_radius)
    upright = arm_width * math.hypot(1, rise)
    low, high = start - rise * outer_radius, start + rise * outer_radius
    corners = [(-outer_radius, low), (outer_radius, high), (outer_radius, high + upright), (-outer_radius, low + upright)]
    corners = [(x, z + rise * outer_radius) for x, z in corners]
    band = cq.Workplane("XZ", origin=(0, outer_radius, 0)).polyline(corners).close().extrude(2 * outer_radius)
    return make_shell(0, overall_height).intersect(band)


def make_front_ring():
    """Where the upper arms meet: a piece of the wall at the front, as high as the ring."""
    bottom = upper_arm_start + arm_rise + arm_width / 2 - front_ring_height / 2
    front = cq.Workplane("XY", origin=(0, 0, bottom))
    front = front.box(outer_radius, front_ring_width, front_ring_height, centered=(False, True, False))
    return make_shell(bottom, front_ring_height).intersect(front)


def make_retaining_lip():
    """The bulge inside the front ring that snaps into the bottle's groove."""
    middle = upper_arm_start + arm_rise + arm_width / 2
    overlap = shell_thickness / 2
    profile = (
        cq.Workplane("XZ")
        .moveTo(inner_radius + overlap, middle - lip_height / 2)
        .threePointArc((inner_radius - lip_bulge, middle), (inner_radius + overlap, middle + lip_height / 2))
        .close()
    )
    ring = profile.revolve(360, (0, 0, 0), (0, 1, 0))
    front = cq.Workplane("XY", origin=(0, 0, middle)).box(
        outer_radius, front_ring_width - 2 * shell_thickness, 2 * lip_height, centered=(False, True, True)
    )
    return ring.intersect(front)


def make_lower_stop():
    """The floor under the bottle, open in the middle."""
    return cylinder(outer_radius, 0, stop_thickness).cut(cylinder(stop_opening_diameter / 2, 0, stop_thickness))


def make_rib(side):
    """An upright rib between the floor and the lower arm."""
    top = lower_arm_start + arm_rise / 2 + arm_width / 2
    rib = cq.Workplane("XY", origin=(0, side * outer_radius, 0)).box(
        rib_width, 4 * shell_thickness, top, centered=(True, True, False)
    )
    return make_shell(0, top).intersect(rib)


def drill_mounting_holes(body):
    """Two holes in the strip, with room for the bolts' heads inside."""
    places = [(0, mounting_hole_middle + side * mounting_hole_pitch / 2) for side in (-1, 1)]
    holes = cq.Workplane("YZ", origin=(back_x, 0, 0)).pushPoints(places).circle(mounting_hole_diameter / 2)
    heads = cq.Workplane("YZ", origin=(-inner_radius - bolt_head_depth, 0, 0)).pushPoints(places)
    return body.cut(holes.extrude(-back_x / 2)).cut(heads.circle(bolt_head_diameter / 2).extrude(-back_x / 2))


def make_bottle_cage():
    """The cage in one body."""
    body = make_mounting_strip().union(make_lower_stop()).union(make_front_ring()).union(make_retaining_lip())
    for piece in (make_curved_arm(lower_arm_start), make_curved_arm(upper_arm_start), make_rib(-1), make_rib(1)):
        body = body.union(piece)
    return drill_mounting_holes(body)


fixture = make_bottle_cage()
