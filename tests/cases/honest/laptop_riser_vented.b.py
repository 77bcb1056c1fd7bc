"""Riser as a ramp plate with a stop square to the platform, rails cut flat as front feet, and a cross rib that ties the rear legs."""
import math
import cadquery as cq

width = 320.0
depth = 240.0
height = 120.0
plate_t = 8.0
front_z = 12.0
back_z = 112.0

slot_count = 5
slot_len = 200.0
slot_w = 14.0
slot_pitch = 36.0
slot_middle = 132.0

rail_w = 10.0
rail_depth = 28.0

stop_t = 8.0
stop_len = 220.0
stop_h = 17.0
stop_s = 10.5
stop_corner = 5.0

leg_x = 40.0
leg_y = 20.0

cross_t = 10.0
cross_depth = 24.0

slope = math.atan2(back_z - front_z, depth)
cos_s, sin_s = math.cos(slope), math.sin(slope)


def underside(y):
    """Height of the platform's underside at y."""
    return front_z + (back_z - front_z) * y / depth


def side_prism(points, x0, x1):
    """Prism of a polygon in the side view (y, z) between two planes x."""
    return cq.Workplane("YZ", origin=(x0, 0, 0)).polyline(points).close().extrude(x1 - x0)


def on_slope(s, n=0.0):
    """Plane at s along the platform and n above its underside; x along x, normal out of the platform."""
    origin = (0, s * cos_s - n * sin_s, front_z + s * sin_s + n * cos_s)
    return cq.Workplane(cq.Plane(origin=origin, xDir=(1, 0, 0), normal=(0, -sin_s, cos_s)))


def envelope():
    return cq.Workplane("XY").box(width, depth, height, centered=(True, False, False))


def platform():
    rise = plate_t / cos_s
    points = [(0, front_z), (depth, back_z), (depth, back_z + rise), (0, front_z + rise)]
    return side_prism(points, -width / 2, width / 2).intersect(envelope())


def vents():
    cuts = cq.Workplane("XY")
    for i in range(slot_count):
        s = slot_middle + (i - (slot_count - 1) / 2) * slot_pitch
        cuts = cuts.add(on_slope(s, -1).slot2D(slot_len, slot_w).extrude(plate_t + 2))
    return cuts.combine()


def rail(side):
    """Rail under the outer edge; its lower front is cut flat by the floor and is the front foot."""
    drop = rail_depth / cos_s
    y_end = depth - leg_y / 2
    points = [(0, front_z + 1), (0, front_z - drop), (y_end, underside(y_end) - drop), (y_end, underside(y_end) + 1)]
    outer = side * width / 2
    inner = outer - side * rail_w
    return side_prism(points, min(outer, inner), max(outer, inner)).intersect(envelope())


def stop():
    """Stop across the front, square to the platform, with rounded upper corners."""
    plane = on_slope(stop_s, plate_t - 1).plane
    shape = cq.Plane(origin=plane.origin, xDir=plane.xDir, normal=cq.Vector(0, -cos_s, -sin_s))
    half, top = stop_len / 2, stop_h + 1
    outline = (
        cq.Workplane(shape)
        .moveTo(-half, 0)
        .lineTo(-half, top - stop_corner)
        .radiusArc((-half + stop_corner, top), stop_corner)
        .lineTo(half - stop_corner, top)
        .radiusArc((half, top - stop_corner), stop_corner)
        .lineTo(half, 0)
        .close()
    )
    return outline.extrude(-stop_t)


def leg(side):
    x0 = side * width / 2
    x1 = x0 - side * leg_x
    points = [(depth - leg_y, 0), (depth, 0), (depth, underside(depth) + 1), (depth - leg_y, underside(depth - leg_y) + 1)]
    return side_prism(points, min(x0, x1), max(x0, x1))


def cross_rib():
    """Rib under the rear edge from leg to leg; it keeps the legs from racking."""
    y0 = depth - cross_t
    half = width / 2 - leg_x + 1
    points = [(y0, underside(y0) - cross_depth), (depth, underside(y0) - cross_depth), (depth, underside(depth) + 1), (y0, underside(y0) + 1)]
    return side_prism(points, -half, half)


body = platform().cut(vents()).union(stop()).union(cross_rib())
for side in (-1, 1):
    body = body.union(rail(side)).union(leg(side))

fixture = body
