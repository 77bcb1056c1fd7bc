"""Guarded quadcopter frame: low arms on the ground, two crossed struts per propeller, motor screws along x and y."""
import math
import cadquery as cq

span = 180.0
plate_w, plate_t = 56.0, 4.0
plate_corner = 6.0
stack_hole, stack_pitch = 3.2, 30.5

arm_w, arm_h = 10.0, 6.0
motor = 49.0
boss_d, boss_h = 20.0, 8.0
motor_hole = 6.0
screw_hole, screw_circle = 2.2, 12.0

channel_w, channel_d = 4.0, 2.0

guard_d, guard_t, guard_h = 82.0, 2.0, 28.0
strut_w, strut_h = 4.0, 5.0

corners = [(sx * motor, sy * motor) for sx in (1, -1) for sy in (1, -1)]
guard_mid = guard_d / 2 - guard_t / 2


def plate():
    p = cq.Workplane("XY").rect(plate_w, plate_w).extrude(plate_t).edges("|Z").chamfer(plate_corner)
    return p


def stack_holes():
    points = [(sx * stack_pitch / 2, sy * stack_pitch / 2) for sx in (1, -1) for sy in (1, -1)]
    return cq.Workplane("XY").pushPoints(points).circle(stack_hole / 2).extrude(arm_h)


def bar(length, width, height, angle, start=(0, 0), z=0.0):
    """Bar along a direction in the plane, from a point."""
    b = cq.Workplane("XY").box(length, width, height, centered=(False, True, False))
    return b.rotate((0, 0, 0), (0, 0, 1), angle).translate((start[0], start[1], z))


def unit():
    """Everything about the motor in the first quadrant."""
    reach = math.hypot(motor, motor)
    start = plate_w / 2 - 6.0
    arm = bar(reach - math.hypot(start, start), arm_w, arm_h, 45, (start, start))
    boss = cq.Workplane("XY").center(motor, motor).circle(boss_d / 2).extrude(boss_h)
    guard = cq.Workplane("XY").center(motor, motor).circle(guard_d / 2).circle(guard_d / 2 - guard_t).extrude(guard_h)
    struts = bar(2 * guard_mid, strut_w, strut_h, 135, (motor + guard_mid * math.sqrt(0.5), motor - guard_mid * math.sqrt(0.5)))
    outer = bar(guard_mid, strut_w, strut_h, 45, (motor, motor))
    body = arm.union(boss).union(guard).union(struts).union(outer)
    channel = bar(reach - boss_d / 2 - math.hypot(start, start), channel_w, channel_d, 45, (start, start), arm_h - channel_d)
    holes = cq.Workplane("XY").center(motor, motor).circle(motor_hole / 2).extrude(boss_h)
    screws = cq.Workplane("XY").center(motor, motor).polarArray(screw_circle / 2, 0, 360, 4).circle(screw_hole / 2).extrude(boss_h)
    return body.cut(channel).cut(holes).cut(screws)


quarter = unit()
half = quarter.union(quarter.mirror("YZ"))
fixture = plate().union(half).union(half.mirror("XZ")).cut(stack_holes())
