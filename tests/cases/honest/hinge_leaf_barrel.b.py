"""Butt hinge with unequal knuckles (two long ones balance three short ones) and knuckles that run into the leaves in sloped shoulders."""
import cadquery as cq

length = 100.0
half_width = 35.0
barrel_d = 12.0
axis_z = 6.0
leaf_t = 3.0
corner_r = 8.0
gap = 0.4
leaf_clearance = 0.5

pin_d = 6.0
pin_clearance = 0.2
pin_chamfer = 0.6

long_knuckle = 24.0
short_count = 3
long_count = 2
short_knuckle = (length - long_count * long_knuckle - (short_count + long_count - 1) * gap) / short_count

shoulder_y = 11.0
shoulder_z = 6.5

hole_d = 5.0
sink_d = 9.5
hole_pitch = 34.0
hole_y = 20.0

barrel_r = barrel_d / 2
bore_r = pin_d / 2 + pin_clearance
sink_depth = (sink_d - hole_d) / 2  # 90 degree countersink


def knuckle_spans():
    """(start, end, belongs to the three-knuckle leaf) along x."""
    spans = []
    x = -length / 2
    for i in range(short_count + long_count):
        size = long_knuckle if i % 2 else short_knuckle
        spans.append((x, x + size, i % 2 == 0))
        x += size + gap
    return spans


def plate(side):
    """Leaf plate up to the barrel's clearance, with rounded outer corners."""
    inner = barrel_r + leaf_clearance
    p = cq.Workplane("XY").box(length, half_width - inner, leaf_t, centered=(True, False, False)).translate((0, inner, 0))
    p = p.edges("|Z and >Y").fillet(corner_r)
    return p if side > 0 else p.mirror("XZ")


def knuckle(x0, x1, side):
    """Barrel segment with its shoulder on one leaf."""
    ring = cq.Workplane("YZ", origin=(x0, 0, axis_z)).circle(barrel_r).extrude(x1 - x0)
    shoulder = [(0, 0), (side * shoulder_y, 0), (side * shoulder_y, leaf_t), (side * (barrel_r - 0.6), shoulder_z), (0, shoulder_z)]
    web = cq.Workplane("YZ", origin=(x0, 0, 0)).polyline(shoulder).close().extrude(x1 - x0)
    return ring.union(web)


def screw_holes(side):
    cuts = cq.Workplane("XY")
    for i in (-1, 0, 1):
        at = (i * hole_pitch, side * hole_y)
        through = cq.Workplane("XY").center(*at).circle(hole_d / 2).extrude(leaf_t)
        sink = cq.Workplane("XY", origin=(at[0], at[1], leaf_t - sink_depth)).circle(hole_d / 2).workplane(offset=sink_depth).circle(sink_d / 2).loft()
        cuts = cuts.add(through.union(sink))
    return cuts.combine()


def bore():
    return cq.Workplane("YZ", origin=(-length, 0, axis_z)).circle(bore_r).extrude(2 * length)


def leaf(side, three):
    body = plate(side)
    for x0, x1, of_three in knuckle_spans():
        if of_three == three:
            body = body.union(knuckle(x0, x1, side))
    return body.cut(bore()).cut(screw_holes(side))


def pin():
    p = cq.Workplane("YZ", origin=(-length / 2, 0, axis_z)).circle(pin_d / 2).extrude(length)
    return p.faces("<X or >X").edges().chamfer(pin_chamfer)


parts = [leaf(-1, True).val(), leaf(1, False).val(), pin().val()]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(parts)])
