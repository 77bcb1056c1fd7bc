"""Drawer handle: an elliptical bar swept along a shallow arc, carried by waisted, turned posts that flare into stepped oval feet."""
import cadquery as cq

height = 40.0
length = 160.0
foot_y = 38.0
post_pitch = 128.0
foot_t = 4.0
foot_edge = 1.5

bar_y = 14.0
bar_z = 9.0
bar_end_z = 25.0

post_waist_r = 6.5
post_head_r = 8.0
flare_r = 13.0
flare_top = 15.0

screw_d = 4.2
screw_depth = 18.0

post_x = post_pitch / 2
foot_x = length - post_pitch
bar_mid_z = height - bar_z / 2


def foot(x):
    """Flat oval foot; its outer end is the end of the handle."""
    base = cq.Workplane("XY").center(x, 0).ellipse(foot_x / 2, foot_y / 2).extrude(foot_t)
    return base.faces(">Z").edges().fillet(foot_edge)


def post(x):
    """Turned post: concave flare from the foot to a waist, rounded head around the end of the bar."""
    profile = (
        cq.Workplane("XZ")
        .moveTo(0, foot_t - 1)
        .lineTo(flare_r, foot_t - 1)
        .lineTo(flare_r, foot_t)
        .threePointArc((post_waist_r + 2.0, (foot_t + flare_top) / 2 - 1.5), (post_waist_r, flare_top))
        .lineTo(post_head_r, bar_end_z)
        .threePointArc((post_head_r * 0.70711, bar_end_z + post_head_r * 0.70711), (0, bar_end_z + post_head_r))
        .close()
    )
    return profile.revolve(360, (0, 0, 0), (0, 1, 0)).translate((x, 0, 0))


def bar():
    """Arched grip: elliptical section swept along an arc in the plane y = 0."""
    path = cq.Workplane("XZ").moveTo(-post_x, bar_end_z).threePointArc((0, bar_mid_z), (post_x, bar_end_z))
    start = path.val()
    section = cq.Workplane(cq.Plane(origin=start.startPoint(), xDir=(0, 1, 0), normal=start.tangentAt(0)))
    return section.ellipse(bar_y / 2, bar_z / 2).sweep(path)


def screw_hole(x):
    return cq.Workplane("XY").center(x, 0).circle(screw_d / 2).extrude(screw_depth)


handle = bar()
for x in (-post_x, post_x):
    handle = handle.union(post(x)).union(foot(x))
for x in (-post_x, post_x):
    handle = handle.cut(screw_hole(x))

fixture = handle
