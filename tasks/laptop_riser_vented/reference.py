"""Laptop riser with a vented, tilted platform: one body, glued or printed.

Millimetres, floor at z = 0, the user sits at -y.
"""

import math

import cadquery as cq

riser_width = 320.0
riser_depth = 240.0
riser_height = 120.0
platform_thickness = 8.0
front_height = 12.0  # of the platform's underside
rear_corner_radius = 14.0

vent_slot_count = 5
vent_slot_length = 200.0
vent_slot_width = 14.0
vent_slot_pitch = 36.0

side_rail_width = 10.0
side_rail_depth = 28.0

front_stop_thickness = 8.0
front_stop_rise = 16.0
front_stop_gap = 90.0  # open in the middle, for the hands

rear_leg_width = 40.0
rear_leg_thickness = 20.0
foot_radius = 5.0
leg_brace_depth = 26.0

rise = riser_height - platform_thickness - front_height
slope = rise / riser_depth
tilt = math.degrees(math.atan(slope))


def side_view(outline, x, width):
    """An outline in y and z, extruded from x on."""
    return cq.Workplane("YZ", origin=(x, 0, 0)).polyline(outline).close().extrude(width)


def make_tilted_platform():
    """The plate: its upper and lower faces rise from front to back, its ends are upright."""
    outline = [
        (0, front_height),
        (riser_depth, front_height + rise),
        (riser_depth, riser_height),
        (0, front_height + platform_thickness),
    ]
    return side_view(outline, -riser_width / 2, riser_width)


def make_vent_slots():
    """Five rounded slots across the platform, cut upright."""
    middle = riser_depth / 2
    first = middle - (vent_slot_count - 1) / 2 * vent_slot_pitch
    places = [(0, first + index * vent_slot_pitch) for index in range(vent_slot_count)]
    slots = cq.Workplane("XY").pushPoints(places).slot2D(vent_slot_length, vent_slot_width)
    return slots.extrude(riser_height)


def make_side_rail(x):
    """A beam under one edge of the platform; at the front it stands on the floor."""
    over = platform_thickness / 2
    end = riser_depth - rear_leg_thickness / 2
    underside = front_height + slope * end
    outline = [
        (0, 0),
        ((side_rail_depth - front_height) / slope, 0),
        (end, underside - side_rail_depth),
        (end, underside + over),
        (0, front_height + over),
    ]
    return side_view(outline, x, side_rail_width)


def make_front_stop():
    """A ledge in two parts along the front edge."""
    height = front_height + platform_thickness + front_stop_rise
    stop = cq.Workplane("XY").box(riser_width, front_stop_thickness, height, centered=(True, False, False))
    gap = cq.Workplane("XY", origin=(0, 0, front_height + platform_thickness)).box(
        front_stop_gap, 3 * front_stop_thickness, 2 * front_stop_rise, centered=(True, True, False)
    )
    return stop.edges("|Y and >Z").fillet(front_stop_thickness).cut(gap)


def make_rear_leg(x):
    """An upright leg under the back, with a brace towards the front."""
    top = front_height + rise
    leg = cq.Workplane("XY", origin=(x, riser_depth - rear_leg_thickness, 0))
    leg = leg.box(rear_leg_width, rear_leg_thickness, top, centered=(False, False, False))
    leg = leg.edges("<Z and |X").fillet(foot_radius)
    start = riser_depth - rear_leg_thickness / 2
    end = start - rear_leg_thickness - leg_brace_depth
    outline = [(start, top), (end, front_height + slope * end + 1), (start, top - 2 * leg_brace_depth)]
    return leg.union(side_view(outline, x, rear_leg_width))


def make_rear_legs():
    """Both legs, flush with the sides."""
    return make_rear_leg(-riser_width / 2).union(make_rear_leg(riser_width / 2 - rear_leg_width))


def round_rear_corners(body):
    """Rounds both corners at the back in plan, platform and legs alike."""
    plan = cq.Workplane("XY").box(riser_width, riser_depth, riser_height, centered=(True, False, False))
    return body.intersect(plan.edges("|Z and >Y").fillet(rear_corner_radius))


def make_laptop_riser():
    """Everything joined, then vented."""
    left, right = -riser_width / 2, riser_width / 2 - side_rail_width
    body = make_tilted_platform().cut(make_vent_slots()).union(make_front_stop())
    body = body.union(make_side_rail(left)).union(make_side_rail(right)).union(make_rear_legs())
    return round_rear_corners(body)


fixture = make_laptop_riser()
