"""Phone stand whose support runs in front of the hinge on a bridge, with gusset cheeks as side stops, a window plate and a fluted pin head."""
import math
import cadquery as cq

base_x, base_y, base_t = 120.0, 120.0, 8.0
base_corner = 14.0
base_edge = 1.5

hinge_y, hinge_z = 68.0, 26.0
lug_span = 64.0
lug_t = 10.0
lug_r = 10.0
lug_front_y, lug_back_y = 57.5, 96.0
end_clearance = 0.5
barrel_d = 18.0

pin_d = 8.0
pin_clearance = 0.2
head_d = 18.0
head_t = 8.0
flutes = 12
flute_d = 3.0
pin_chamfer = 0.8

lean = 20.0
support_w = 76.0
support_t = 6.0
support_gap = 11.0  # from the axis to the rear face of the plate; clears the lugs
support_low = -16.0
top_z = 160.0
top_corner = 12.0
window_w, window_h = 36.0, 70.0
window_middle = 80.0

lip_depth = 18.0
lip_t = 5.0
lip_edge_t, lip_edge_h = 4.0, 7.0
cable_w = 16.0

stop_t = 3.5
stop_h = 42.0

a = math.radians(lean)
cos_a, sin_a = math.cos(a), math.sin(a)
front = support_gap + support_t
support_high = (top_z - hinge_z - front * sin_a) / cos_a
barrel_len = lug_span - 2 * lug_t - 2 * end_clearance


def tilted(n, s):
    """(y, z) of a point n in front of the axis and s along the support."""
    return hinge_y - n * cos_a + s * sin_a, hinge_z + n * sin_a + s * cos_a


def tilted_prism(points, x0, x1):
    """Prism of a polygon of (n, s) between two planes x."""
    return cq.Workplane("YZ", origin=(x0, 0, 0)).polyline([tilted(n, s) for n, s in points]).close().extrude(x1 - x0)


def front_plane(n, s):
    """Plane parallel to the plate, normal towards the phone, local x along x, local y down the support."""
    y, z = tilted(n, s)
    return cq.Plane(origin=(0, y, z), xDir=(1, 0, 0), normal=(0, -cos_a, sin_a))


def axis_cylinder(d, x0, x1):
    return cq.Workplane("YZ", origin=(x0, hinge_y, hinge_z)).circle(d / 2).extrude(x1 - x0)


def base():
    plate = cq.Workplane("XY").box(base_x, base_y, base_t, centered=(True, False, False))
    plate = plate.edges("|Z").fillet(base_corner).faces(">Z").edges().chamfer(base_edge)
    for x0 in (-lug_span / 2, lug_span / 2 - lug_t):
        plate = plate.union(lug(x0))
    return plate.cut(axis_cylinder(pin_d + 2 * pin_clearance, -base_x / 2, base_x / 2))


def lug(x0):
    """Lug with an upright front and a foot drawn out to the back, where the phone's weight tips it."""
    foot = [(lug_front_y, base_t - 1), (lug_back_y, base_t - 1), (lug_back_y, base_t), (hinge_y + lug_r * 0.70711, hinge_z + lug_r * 0.70711), (hinge_y, hinge_z), (lug_front_y + 0.5, hinge_z)]
    web = cq.Workplane("YZ", origin=(x0, 0, 0)).polyline(foot).close().extrude(lug_t)
    return web.union(axis_cylinder(2 * lug_r, x0, x0 + lug_t))


def plate():
    """Plate of the support with rounded upper corners and a window."""
    half = support_w / 2
    p = tilted_prism([(support_gap, support_low), (front, support_low), (front, support_high), (support_gap, support_high)], -half, half)
    along = cq.Vector(0, -cos_a, sin_a)
    ends = p.edges(cq.selectors.ParallelDirSelector(along))
    p = p.newObject([e for e in ends.vals() if e.Center().z > hinge_z + 50]).fillet(top_corner)
    window = cq.Workplane(front_plane(support_gap - 1, window_middle)).rect(window_w, window_h).extrude(support_t + 2)
    window = window.edges(cq.selectors.ParallelDirSelector(along)).fillet(window_w / 4)
    return p.cut(window)


def lip():
    """Lip with a raised front edge and a notch for the charging cable."""
    low, top = support_low, support_low + lip_t
    end = front + lip_depth
    points = [(support_gap, low), (end, low), (end, top + lip_edge_h), (end - lip_edge_t, top + lip_edge_h), (end - lip_edge_t, top), (support_gap, top)]
    ledge = tilted_prism(points, -support_w / 2, support_w / 2)
    notch = tilted_prism([(front, low - 1), (end + 1, low - 1), (end + 1, top + lip_edge_h + 1), (front, top + lip_edge_h + 1)], -cable_w / 2, cable_w / 2)
    return ledge.cut(notch)


def side_stop(side):
    """Triangular cheek between lip and plate at the plate's edge: stop and gusset in one."""
    low = support_low
    end = front + lip_depth
    points = [(front - 1, low), (end, low), (end, low + lip_t + lip_edge_h), (front, low + stop_h), (front - 1, low + stop_h)]
    outer = side * support_w / 2
    inner = outer - side * stop_t
    return tilted_prism(points, min(outer, inner), max(outer, inner))


def barrel():
    """Hinge barrel and the bridge that carries the plate in front of the lugs."""
    half = barrel_len / 2
    r = barrel_d / 2
    bridge = tilted_prism([(0, -r), (support_gap + 1, -r), (support_gap + 1, r + 6), (r - 2, r), (0, r)], -half, half)
    return axis_cylinder(barrel_d, -half, half).union(bridge)


def support():
    s = plate().union(lip()).union(side_stop(1)).union(side_stop(-1)).union(barrel())
    return s.cut(axis_cylinder(pin_d + 2 * pin_clearance, -barrel_len, barrel_len))


def pin():
    """Pin with a fluted head beside the right lug, flush with the left one."""
    x0 = -lug_span / 2
    x1 = lug_span / 2 + end_clearance
    shaft = axis_cylinder(pin_d, x0, x1 + 1).faces("<X").edges().chamfer(pin_chamfer)
    head = axis_cylinder(head_d, x1, x1 + head_t).faces(">X or <X").edges().chamfer(pin_chamfer)
    grooves = (
        cq.Workplane("YZ", origin=(x1 - 1, hinge_y, hinge_z))
        .polarArray(head_d / 2 + flute_d / 4, 0, 360, flutes)
        .circle(flute_d / 2)
        .extrude(head_t + 2)
    )
    return shaft.union(head.cut(grooves))


parts = [base().val(), support().val(), pin().val()]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(parts)])
