"""Drawer handle for two bolts from behind, cast in zinc: one body, symmetric about both middle planes.

Millimetres, the drawer front is z = 0. Each mounting_post stands on an oval foot and holds a blind screw_hole.
"""

import cadquery as cq

handle_length = 160.0
handle_projection = 40.0
bolt_pitch = 128.0
foot_width = 38.0
foot_height = 4.0
foot_edge_chamfer = 1.5

post_base_diameter = 20.0
post_top_diameter = 17.0
post_cap_radius = 7.0

grip_width = 15.0
grip_height = 10.0
arch_rise = 9.0  # how much higher the grip is in the middle than over the posts

screw_hole_diameter = 4.2
screw_hole_depth = 18.0

post_x = bolt_pitch / 2
foot_length = handle_length - bolt_pitch
grip_end = handle_projection - arch_rise - grip_height / 2


def make_foot(x):
    """The oval foot: its short axis along the handle."""
    foot = cq.Workplane("XY", origin=(x, 0, 0)).ellipse(foot_length / 2, foot_width / 2).extrude(foot_height)
    return foot.faces(">Z").chamfer(foot_edge_chamfer)


def make_mounting_post(x):
    """A post that narrows from its foot to the grip and ends in a dome."""
    base, top = post_base_diameter / 2, post_top_diameter / 2
    profile = cq.Workplane("XZ", origin=(x, 0, 0)).lineTo(base, 0).lineTo(top, grip_end)
    post = profile.lineTo(0, grip_end).close().revolve(360, (0, 0, 0), (0, 1, 0))
    cap = cq.Workplane("XY", origin=(x, 0, grip_end)).circle(top).extrude(top)
    return post.union(cap.faces(">Z").edges().fillet(post_cap_radius))


def make_arched_grip():
    """The bar: an ellipse swept along an arc from post to post."""
    middle = (0, handle_projection - grip_height / 2)
    arch = cq.Workplane("XZ").moveTo(-post_x, grip_end).threePointArc(middle, (post_x, grip_end))
    tangent = arch.val().tangentAt(0)
    start = cq.Plane(origin=(-post_x, 0, grip_end), xDir=(0, 1, 0), normal=tangent.toTuple())
    return cq.Workplane(start).ellipse(grip_width / 2, grip_height / 2).sweep(arch)


def make_feet():
    """Both feet."""
    return [make_foot(-post_x), make_foot(post_x)]


def make_posts():
    """Both posts."""
    return [make_mounting_post(-post_x), make_mounting_post(post_x)]


def drill_screw_hole(handle, x):
    """A blind hole from the foot."""
    hole = cq.Workplane("XY", origin=(x, 0, 0)).circle(screw_hole_diameter / 2).extrude(screw_hole_depth)
    return handle.cut(hole)


def make_drawer_handle():
    """Both halves and the bar between them."""
    handle = make_arched_grip()
    for piece in make_posts() + make_feet():
        handle = handle.union(piece)
    for x in (-post_x, post_x):
        handle = drill_screw_hole(handle, x)
    return handle


fixture = make_drawer_handle()
