"""Frame of a micro quadcopter with guarded propellers, moulded in one body.

Millimetres. The drone_frame lies on z = 0; every protective_guard is a ring about its motor, held by the arm and two struts.
"""

import math

import cadquery as cq

frame_size = 180.0
guard_diameter = 82.0
guard_thickness = 2.0
guard_height = 28.0
guard_foot_width = 5.0
guard_foot_height = 3.0

plate_size = 56.0
plate_thickness = 4.0
plate_corner_radius = 10.0
plate_hole_diameter = 3.2
plate_hole_pitch = 30.5
plate_window_diameter = 16.0

arm_width = 10.0
arm_height = 6.0
strut_width = 5.0
strut_height = 4.0
wire_channel_width = 4.0
wire_channel_depth = 2.0

motor_boss_diameter = 20.0
motor_boss_height = 9.0
motor_center_hole = 6.0
motor_screw_diameter = 2.2
motor_screw_circle = 12.0

motor_offset = (frame_size - guard_diameter) / 2
motor_radius = motor_offset * math.sqrt(2)
guard_radius = guard_diameter / 2


def spoke(length, width, height):
    """A bar from the origin along x, on z = 0."""
    return cq.Workplane("XY").box(length, width, height, centered=(False, True, False))


def make_central_plate():
    """The plate for the electronics with its screw_hole pattern and a window."""
    plate = cq.Workplane("XY").rect(plate_size, plate_size).extrude(plate_thickness)
    plate = plate.edges("|Z").fillet(plate_corner_radius)
    corners = cq.Workplane("XY").rect(plate_hole_pitch, plate_hole_pitch, forConstruction=True).vertices()
    holes = corners.circle(plate_hole_diameter / 2).extrude(plate_thickness)
    return plate.cut(holes).cut(cq.Workplane("XY").circle(plate_window_diameter / 2).extrude(plate_thickness))


def make_protective_guard():
    """The ring about the origin with a wider foot."""
    ring = cq.Workplane("XY").circle(guard_radius).circle(guard_radius - guard_thickness).extrude(guard_height)
    foot = cq.Workplane("XY").circle(guard_radius).circle(guard_radius - guard_foot_width).extrude(guard_foot_height)
    return ring.union(foot)


def make_struts():
    """Two struts between boss and guard, square to the arm."""
    strut = spoke(guard_radius - guard_thickness / 2, strut_width, strut_height)
    return [strut.rotate((0, 0, 0), (0, 0, 1), angle) for angle in (100, -100)]


def make_motor_boss():
    """The boss about the origin, undrilled."""
    boss = cq.Workplane("XY").circle(motor_boss_diameter / 2).extrude(motor_boss_height)
    return boss


def make_motor_drill():
    """Center hole and four screw holes of a motor."""
    center = cq.Workplane("XY").circle(motor_center_hole / 2).extrude(guard_height)
    screws = cq.Workplane("XY").polarArray(motor_screw_circle / 2, 45, 360, 4).circle(motor_screw_diameter / 2)
    return center.union(screws.extrude(guard_height))


def make_arm():
    """An arm along x from the plate's window to the inner side of the guard beyond the motor."""
    start = plate_window_diameter / 2 + arm_width / 4
    length = motor_radius + guard_radius - guard_thickness / 2 - start
    return spoke(length, arm_width, arm_height).translate((start, 0, 0))


def make_wire_channel():
    """The groove along the top of an arm, from the plate to the boss."""
    start = plate_size / 2
    end = motor_radius - motor_boss_diameter / 2
    groove = spoke(end - start, wire_channel_width, 2 * wire_channel_depth)
    return groove.translate((start, 0, arm_height - wire_channel_depth))


def make_quarter():
    """Arm, boss, struts and guard of the motor on +x, drilled; the inside of the guard ends at the arm's way in."""
    place = (motor_radius, 0, 0)
    quarter = make_arm().union(make_protective_guard().translate(place)).union(make_motor_boss().translate(place))
    for strut in make_struts():
        quarter = quarter.union(strut.translate(place))
    return quarter.cut(make_motor_drill().translate(place)).cut(make_wire_channel())


def make_four_arm_frame():
    """The plate and four quarters: the four_arm cross."""
    frame = make_central_plate()
    quarter = make_quarter()
    for index in range(4):
        frame = frame.union(quarter.rotate((0, 0, 0), (0, 0, 1), 45 + 90 * index))
    holes = cq.Workplane("XY").rect(plate_hole_pitch, plate_hole_pitch, forConstruction=True).vertices()
    return frame.cut(holes.circle(plate_hole_diameter / 2).extrude(guard_height))


fixture = make_four_arm_frame()
