"""Cable clip that is screwed down and into which a cable is snapped from above: one moulded body.

Millimetres, base on z = 0, the cable lies along y. Each snap_arm gives way by bending; its flared end leads the cable in.
"""

import cadquery as cq

clip_length = 45.0
clip_width = 28.0
clip_height = 22.0
pad_thickness = 4.0
pad_corner_radius = 4.0
pad_chamfer = 0.8

cable_diameter = 12.0
arm_thickness = 2.0
channel_x = 12.0
channel_height = 12.5  # of the cable's axis
mouth_width = 9.0
lead_in_width = 16.0

screw_x = 33.0
screw_hole_diameter = 4.5
countersink_diameter = 9.0
web_width = 11.0

bore_radius = cable_diameter / 2
outer_radius = bore_radius + arm_thickness
mouth_height = channel_height + (bore_radius**2 - (mouth_width / 2) ** 2) ** 0.5


def along_cable():
    """A drawing plane through the cable's axis whose extrusion covers the clip's width."""
    return cq.Workplane("XZ", origin=(channel_x, clip_width / 2, 0))


def make_base_pad():
    """The pad, its corners rounded and its upper edges with a chamfer."""
    pad = cq.Workplane("XY").box(clip_length, clip_width, pad_thickness, centered=(False, True, False))
    return pad.edges("|Z").fillet(pad_corner_radius).faces(">Z").chamfer(pad_chamfer)


def make_ring():
    """The round wall of the channel, still full, on a web to the pad."""
    ring = along_cable().center(0, channel_height).circle(outer_radius).extrude(clip_width)
    web = along_cable().center(0, channel_height / 2).rect(web_width, channel_height).extrude(clip_width)
    return ring.union(web)


def make_snap_arm():
    """The flared end of the arm on +x: from the mouth outwards and up."""
    inner, outer = mouth_width / 2, lead_in_width / 2
    outline = [
        (inner, mouth_height),
        (outer - arm_thickness / 2, clip_height),
        (outer + arm_thickness / 2, clip_height),
        (outer, mouth_height - arm_thickness / 2),
        (inner + arm_thickness / 2, mouth_height - arm_thickness),
    ]
    return along_cable().polyline(outline).close().extrude(clip_width)


def make_snap_arms():
    """Both arms."""
    arm = make_snap_arm().translate((-channel_x, 0, 0))
    return arm.union(arm.mirror("YZ")).translate((channel_x, 0, 0))


def make_cable_channel():
    """The space of the cable and of its way in."""
    bore = along_cable().center(0, channel_height).circle(bore_radius).extrude(clip_width)
    mouth = along_cable().center(0, channel_height + clip_height / 2).rect(mouth_width, clip_height)
    return bore.union(mouth.extrude(clip_width))


def make_screw_space():
    """The screw_hole with the cone of its head."""
    hole = cq.Workplane("XY", origin=(screw_x, 0, 0)).circle(screw_hole_diameter / 2).extrude(pad_thickness)
    depth = (countersink_diameter - screw_hole_diameter) / 2
    cone = cq.Workplane("XY", origin=(screw_x, 0, pad_thickness - depth)).circle(screw_hole_diameter / 2)
    return hole.union(cone.workplane(offset=depth).circle(countersink_diameter / 2).loft(ruled=True))


def make_cable_clip():
    """Pad and channel in one body."""
    body = make_ring().cut(make_cable_channel()).union(make_snap_arms())
    return make_base_pad().union(body).cut(make_screw_space())


fixture = make_cable_clip()
