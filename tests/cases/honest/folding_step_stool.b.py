"""Folding stool of lens-shaped rails; cheeks and an apron carry the lower step, headed stubs are the pivots, and a cleat holds the top step in place."""
import math
import cadquery as cq

width, depth, height = 420.0, 360.0, 480.0

rail_t = 18.0
frame_gap = 1.0
pivot_y = depth / 2

foot_y = 23.0  # of the outer frame; the inner frame's foot mirrors it
rod_y, rod_z = 328.0, 440.0
foot_r, pivot_r, eye_r = 17.0, 25.0, 18.0

rod_d = 12.0
rod_clearance = 0.3
barrel_d = 30.0
barrel_len = 320.0

stub_d = 20.0
stub_clearance = 0.4
stub_head_d = 32.0
stub_head_t = 4.0

top_t = 20.0
top_corner = 24.0
edge_r = 3.0
rest_gap = 0.2  # between the top step and the saddle it lies on

step_z, step_t = 220.0, 20.0
step_front, step_back = 6.0, 126.0
apron_y, apron_t, apron_low = 68.0, 12.0, 168.0

saddle_y0, saddle_y1, saddle_h = 15.0, 55.0, 26.0
cleat_y0, cleat_y1, cleat_h = 4.0, 14.0, 10.0
cleat_len = 300.0

tie_d = 28.0
tie_z = 52.0

groove_w, groove_depth, groove_inset = 4.0, 2.0, 24.0
top_grooves, top_groove_pitch = 6, 52.0
step_grooves, step_groove_pitch = 5, 20.0

outer_in = width / 2 - rail_t
inner_out = outer_in - frame_gap
inner_in = inner_out - rail_t
pivot_z = rod_z * (pivot_y - foot_y) / (rod_y - foot_y)
pivot = (pivot_y, pivot_z)
under_top = height - top_t


def cylinder(center, d, x0, x1):
    """Cylinder along x around (y, z)."""
    return cq.Workplane("YZ", origin=(x0, 0, 0)).center(*center).circle(d / 2).extrude(x1 - x0)


def prism(points, x0, x1):
    """Prism along x of a polygon in the side view (y, z)."""
    return cq.Workplane("YZ", origin=(x0, 0, 0)).polyline(points).close().extrude(x1 - x0)


def link(p, rp, q, rq, x0, x1):
    """Bar from p to q whose edges are the outer tangents of the two circles."""
    d = math.dist(p, q)
    a = math.atan2(q[1] - p[1], q[0] - p[0])
    b = math.acos((rp - rq) / d)
    points = []
    for c, r, s in ((p, rp, 1), (q, rq, 1), (q, rq, -1), (p, rp, -1)):
        points.append((c[0] + r * math.cos(a + s * b), c[1] + r * math.sin(a + s * b)))
    return prism(points, x0, x1).union(cylinder(p, 2 * rp, x0, x1)).union(cylinder(q, 2 * rq, x0, x1))


def above_floor():
    return cq.Workplane("XY").box(width, depth, height, centered=(True, False, False))


def rail(foot, head, x0, x1):
    """Lens-shaped rail, widest at the pivot and cut flat on the floor."""
    low = link(foot, foot_r, pivot, pivot_r, x0, x1)
    high = link(pivot, pivot_r, head, eye_r, x0, x1)
    return low.union(high)


def both_sides(part):
    return part.union(part.mirror("YZ"))


def grooves(z, y_middle, count, pitch):
    points = [(0, y_middle + (i - (count - 1) / 2) * pitch) for i in range(count)]
    return cq.Workplane("XY", origin=(0, 0, z - groove_depth)).pushPoints(points).slot2D(width - 2 * groove_inset, groove_w).extrude(2 * groove_depth)


def cheek():
    """Bracket in the plane of the rail that reaches forward under the lower step."""
    z0 = step_z - step_t
    shape = (
        cq.Workplane("YZ", origin=(outer_in, 0, 0))
        .moveTo(step_front + edge_r, z0)
        .threePointArc((step_front + 62, z0 - 36), (foot_y + 62, z0 - 100))
        .lineTo(pivot_y - 10, step_z - 20)
        .lineTo(step_back, z0 + step_t / 2)
        .lineTo(step_front + edge_r, z0 + step_t / 2)
        .close()
    )
    return shape.extrude(rail_t)


def lower_step():
    plate = cq.Workplane("XY", origin=(0, 0, step_z - step_t)).box(width, step_back - step_front, step_t, centered=(True, False, False)).translate((0, step_front, 0))
    plate = plate.edges("|X and >Z").fillet(edge_r)
    apron = cq.Workplane("XY").box(2 * outer_in + 2, apron_t, step_z - step_t / 2 - apron_low, centered=(True, False, False)).translate((0, apron_y, apron_low))
    return plate.union(apron).cut(grooves(step_z, (step_front + step_back) / 2, step_grooves, step_groove_pitch))


def stub():
    """Pivot: a stub from the outer rail through the inner one, with a head that keeps it there."""
    end = inner_in - frame_gap
    shaft = cylinder(pivot, stub_d, end - 1, width / 2 - rail_t / 2)
    return shaft.union(cylinder(pivot, stub_head_d, end - stub_head_t, end))


def outer_frame():
    side = rail((foot_y, 0), (rod_y, rod_z), outer_in, width / 2).union(cheek()).union(stub())
    rod = cylinder((rod_y, rod_z), rod_d, -width / 2 + 1, width / 2 - 1)
    return both_sides(side).union(rod).union(lower_step()).intersect(above_floor())


def inner_frame():
    foot = (depth - foot_y, 0)
    head = (depth - rod_y, rod_z)
    side = rail(foot, head, inner_in, inner_out).cut(cylinder(pivot, stub_d + 2 * stub_clearance, 0, width))
    top = under_top - rest_gap
    saddle = cq.Workplane("XY").box(2 * inner_out, saddle_y1 - saddle_y0, saddle_h, centered=(True, False, False)).translate((0, saddle_y0, top - saddle_h))
    saddle = saddle.edges("|X").fillet(edge_r)
    tie_y = foot[0] - tie_z * (foot[0] - pivot_y) / pivot_z
    tie = cylinder((tie_y, tie_z), tie_d, -inner_out + 1, inner_out - 1)
    return both_sides(side).union(saddle).union(tie).intersect(above_floor())


def top_step():
    """Top step with its hinge barrel and the cleat in front of the saddle."""
    plate = cq.Workplane("XY", origin=(0, 0, under_top)).box(width, depth, top_t, centered=(True, False, False))
    plate = plate.edges("|Z").fillet(top_corner).faces(">Z").edges().fillet(edge_r)
    half = barrel_len / 2
    r = barrel_d / 2
    neck = prism([(rod_y - r, rod_z), (rod_y - r, under_top + 1), (rod_y + r, under_top + 1), (rod_y + r, rod_z)], -half, half)
    barrel = cylinder((rod_y, rod_z), barrel_d, -half, half).union(neck)
    cleat = cq.Workplane("XY").box(cleat_len, cleat_y1 - cleat_y0, cleat_h + 1, centered=(True, False, False)).translate((0, cleat_y0, under_top - cleat_h))
    body = plate.union(barrel).union(cleat)
    body = body.cut(cylinder((rod_y, rod_z), rod_d + 2 * rod_clearance, -half - 1, half + 1))
    return body.cut(grooves(height, depth / 2, top_grooves, top_groove_pitch))


parts = [outer_frame().val(), inner_frame().val(), top_step().val()]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(parts)])
