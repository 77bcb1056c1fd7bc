"""Bottle cage whose arms follow an S-curve instead of straight slanted bands, with screw heads sunk into the strip and an oblong floor opening."""
import math
import cadquery as cq

bottle_d = 74.0
wall = 3.0
cage_h = 150.0
total_x = 85.0

strip_w = 22.0
strip_t = 8.0
strip_edge = 2.5
mount_d = 5.5
mount_pitch = 64.0
head_d = 10.5
head_depth = 3.5

arm_root_h = 16.0
arm_front_h = 11.0
lower_root_z, lower_front_z = 25.0, 58.0
upper_root_z, upper_front_z = 89.0, 130.0

shield_h = 26.0
shield_w = 46.0
shield_corner = 8.0
lip_bulge = 1.5
lip_h = 9.0
lip_z = 134.0

floor_t = 4.0
opening_x, opening_y = 54.0, 40.0

rib_w = 11.0
rib_angle = 48.0

inner_r = bottle_d / 2
outer_r = inner_r + wall
back_x = outer_r - total_x  # face against the frame tube
strip_x = back_x + strip_t


def bottle():
    return cq.Workplane("XY").circle(inner_r).extrude(cage_h)


def wall_tube():
    """Full tube of the cage wall; what the outlines below cover of it stays."""
    return cq.Workplane("XY").circle(outer_r).circle(inner_r).extrude(cage_h)


def strip():
    """Mounting strip with rounded ends and sunk screw heads, so that the bottle passes over the screws."""
    s = cq.Workplane("YZ", origin=(back_x, 0, cage_h / 2)).rect(strip_w, cage_h).extrude(strip_t)
    s = s.edges("|X").fillet(strip_edge)
    holes = [(0, cage_h / 2 - mount_pitch / 2), (0, cage_h / 2 + mount_pitch / 2)]
    through = cq.Workplane("YZ", origin=(back_x - 1, 0, 0)).pushPoints(holes).circle(mount_d / 2).extrude(strip_t + 2)
    heads = cq.Workplane("YZ", origin=(strip_x - head_depth, 0, 0)).pushPoints(holes).circle(head_d / 2).extrude(2 * head_depth)
    return s, through.union(heads)


def arm_outline(root_z, front_z):
    """Outline of both arms of one level: an S-shaped band in the side view, tapering to the front."""
    x0, x1 = strip_x - wall, outer_r + 1

    def edge(offset_root, offset_front):
        third = (x1 - x0) / 3
        rise = front_z - root_z
        return [
            (x0, root_z + offset_root),
            (x0 + third, root_z + offset_root + 0.25 * rise),
            (x1 - third, front_z + offset_front - 0.2 * rise),
            (x1, front_z + offset_front),
        ]

    low = edge(-arm_root_h / 2, -arm_front_h / 2)
    high = edge(arm_root_h / 2, arm_front_h / 2)
    level = (1, 0)
    return (
        cq.Workplane("XZ", origin=(0, outer_r + 1, 0))
        .moveTo(*low[0])
        .spline(low[1:], tangents=[(1, 0.2), level], includeCurrent=True)
        .lineTo(*high[-1])
        .spline(high[-2::-1], tangents=[(-1, 0), (-1, -0.2)], includeCurrent=True)
        .close()
        .extrude(2 * outer_r + 2)
    )


def shield_outline():
    """Outline of the rounded panel at the front, where the upper arms meet."""
    panel = cq.Workplane("YZ", origin=(0, 0, upper_front_z)).rect(shield_w, shield_h).extrude(outer_r + 1)
    return panel.edges("|X").fillet(shield_corner)


def lip():
    """Bead on the inside of the shield that snaps into the groove of the bottle."""
    chord = lip_h / 2
    ring = (
        cq.Workplane("XZ")
        .moveTo(inner_r + wall / 2, lip_z - chord)
        .lineTo(inner_r, lip_z - chord)
        .threePointArc((inner_r - lip_bulge, lip_z), (inner_r, lip_z + chord))
        .lineTo(inner_r + wall / 2, lip_z + chord)
        .close()
        .revolve(360, (0, 0, 0), (0, 1, 0))
    )
    window = cq.Workplane("XY").box(outer_r, shield_w - shield_corner, cage_h, centered=(False, True, False))
    return ring.intersect(window)


def floor():
    disc = cq.Workplane("XY").circle(inner_r + wall / 2).extrude(floor_t)
    opening = cq.Workplane("XY").slot2D(opening_x, opening_y).extrude(floor_t)
    return disc.cut(opening)


def floor_outline():
    """The wall goes on around the edge of the floor."""
    return cq.Workplane("XY").rect(2 * total_x, 2 * total_x).extrude(floor_t)


def rib_outline(side):
    """Outline of a rib from the floor up to the middle of the lower arm."""
    mid_x = outer_r * math.cos(math.radians(rib_angle))
    share = (mid_x - strip_x) / (outer_r - strip_x)
    top = lower_root_z + share * (lower_front_z - lower_root_z)
    bar = cq.Workplane("XY").box(outer_r + 1, rib_w, top, centered=(False, True, False))
    return bar.rotate((0, 0, 0), (0, 0, 1), side * rib_angle)


outline = floor_outline()
for part in (
    arm_outline(lower_root_z, lower_front_z),
    arm_outline(upper_root_z, upper_front_z),
    shield_outline(),
    rib_outline(1),
    rib_outline(-1),
):
    outline = outline.union(part)

body, screws = strip()
body = body.cut(bottle()).union(wall_tube().intersect(outline)).union(floor()).union(lip())

fixture = body.cut(screws)
