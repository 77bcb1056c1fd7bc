"""Phone stand whose support is one bent sheet in front of the hinge: base, support and pin, three bodies with clearances.

Millimetres, floor at z = 0, the phone looks to -y. The sheet runs down past the hinge and curls forward to the lip, so that the phone
stands low; two webs carry it on the barrel, and the lugs are upright bosses with a foot.
"""

import math

import cadquery as cq

base_size = 120.0
overall_height = 160.0
base_thickness = 8.0
base_corner_radius = 26.0
base_top_radius = 2.0
base_window_diameter = 34.0  # saves material; the cable passes through it
base_window_y = 31.0

hinge_y = 68.0
hinge_height = 26.0
lug_outer_distance = 64.0
lug_width = 10.0
lug_head_radius = 10.0
lug_foot_length = 44.0
lug_foot_height = 6.0
barrel_diameter = 18.0
barrel_side_clearance = 0.5

pin_diameter = 8.0
pin_clearance = 0.2
knurl_diameter = 17.0
knurl_depth = 0.8
knurl_count = 24
knurl_length = 9.0
pin_tip_chamfer = 1.0

tilt_angle = 20.0  # from the vertical
support_width = 76.0
support_thickness = 6.0
support_corner_radius = 22.0
support_setback = 12.0  # of the sheet's rear face from the hinge's axis, clear of the lugs
curl_radius = 9.0  # inside of the bend between plate and lip
curl_middle = -4.0  # of the bend, along the plate from the axis
lip_reach = 7.0  # of the flat part of the lip
lip_hook = 6.0
web_thickness = 9.0
web_inset = 3.0  # from the ends of the barrel

# Stops: two rounded ears that stand on the plate's edges.
stop_middle = 44.0  # along the plate
stop_length = 38.0
stop_height = 11.0
stop_thickness = 4.0
cable_notch_width = 20.0

lean = math.radians(tilt_angle)
front_face = support_setback + support_thickness
# The upper front edge is the highest point of a plate in front of the axis.
support_top = (overall_height - hinge_height - math.sin(lean) * front_face) / math.cos(lean)
barrel_length = lug_outer_distance - 2 * (lug_width + barrel_side_clearance)


def hinge_cylinder(diameter, start, length):
    """A cylinder about the hinge's axis."""
    return cq.Workplane("YZ", origin=(start, hinge_y, hinge_height)).circle(diameter / 2).extrude(length)


def make_base_plate():
    """The plate on the table with a round window below the phone."""
    plate = cq.Workplane("XY").box(base_size, base_size, base_thickness, centered=(True, False, False))
    plate = plate.edges("|Z").fillet(base_corner_radius).faces(">Z").edges().fillet(base_top_radius)
    window = cq.Workplane("XY").center(0, base_window_y).circle(base_window_diameter / 2).extrude(base_thickness)
    return plate.cut(window)


def make_screw_boss(start):
    """An upright lug with a round head on a longer foot, drawn from x = start on."""
    inside = base_thickness / 2
    post = cq.Workplane("YZ", origin=(start, hinge_y, inside))
    post = post.rect(2 * lug_head_radius, 2 * (hinge_height - inside)).extrude(lug_width)
    post = post.intersect(cq.Workplane("XY").box(base_size, 2 * base_size, hinge_height, centered=(True, True, False)))
    foot = cq.Workplane("XY", origin=(start, hinge_y - lug_foot_length / 2, inside))
    foot = foot.box(lug_width, lug_foot_length, inside + lug_foot_height, centered=False)
    foot = foot.edges("|X and >Z").fillet(0.9 * lug_foot_height)
    return post.union(foot).union(hinge_cylinder(2 * lug_head_radius, start, lug_width))


def make_base():
    """Plate and lugs, bored for the pin."""
    half = lug_outer_distance / 2
    base = make_base_plate().union(make_screw_boss(-half)).union(make_screw_boss(half - lug_width))
    return base.cut(hinge_cylinder(pin_diameter + 2 * pin_clearance, -half, 2 * half))


# The support is drawn upright about the axis: -y is towards the phone, z along the plate.
def make_bent_sheet():
    """Plate, curl, lip and its hook as one sheet of equal thickness."""
    outside = curl_radius + support_thickness
    lip_end = front_face + curl_radius + lip_reach
    top, low = curl_middle - curl_radius, curl_middle - outside
    bend = math.sqrt(0.5)
    centre = front_face + curl_radius
    outline = (
        cq.Workplane("YZ", origin=(-support_width / 2, 0, 0))
        .moveTo(-support_setback, support_top)
        .lineTo(-support_setback, curl_middle)
        .threePointArc((-centre + outside * bend, curl_middle - outside * bend), (-centre, low))
        .lineTo(-lip_end - support_thickness, low)
        .lineTo(-lip_end - support_thickness, top + lip_hook)
        .lineTo(-lip_end, top + lip_hook)
        .lineTo(-lip_end, top)
        .lineTo(-centre, top)
        .threePointArc((-centre + curl_radius * bend, curl_middle - curl_radius * bend), (-front_face, curl_middle))
        .lineTo(-front_face, support_top)
        .close()
    )
    sheet = outline.extrude(support_width)
    sheet = sheet.edges("|Y and >Z").fillet(support_corner_radius)
    hook_edges = cq.selectors.BoxSelector((-support_width, -lip_end - 7, low - 1), (support_width, -lip_end + 1, top + 10))
    sheet = sheet.edges("|X").edges(hook_edges).fillet(support_thickness / 4)
    return sheet


def make_cable_notch():
    """The space of the plug in the middle of the lip."""
    notch = cq.Workplane("XY").box(cable_notch_width, base_size, base_size)
    return notch.translate((0, -front_face - base_size / 2, -base_size / 2 + curl_middle))


def make_side_stop(start):
    """An ear in front of the plate, drawn from x = start on."""
    low = stop_middle - stop_length / 2
    ear = cq.Workplane("XY", origin=(start, -front_face - stop_height, low))
    ear = ear.box(stop_thickness, stop_height + 1, stop_length, centered=False)
    return ear.edges("|X and <Y").fillet(0.8 * stop_height)


def make_hinge_barrel():
    """The barrel and the two webs that carry the sheet in front of it."""
    radius = barrel_diameter / 2
    barrel = cq.Workplane("YZ", origin=(-barrel_length / 2, 0, 0)).circle(radius).extrude(barrel_length)
    for start in (-barrel_length / 2 + web_inset, barrel_length / 2 - web_inset - web_thickness):
        web = cq.Workplane("YZ", origin=(start, 0, 0)).polyline(
            [(0, 0), (0, radius), (-support_setback - 1, 2.4 * radius), (-support_setback - 1, 0)]
        )
        barrel = barrel.union(web.close().extrude(web_thickness))
    return barrel


def make_tilted_support():
    """Sheet, stops and barrel, bored and leaning back about the hinge."""
    edge = support_width / 2
    support = make_bent_sheet().cut(make_cable_notch())
    support = support.union(make_side_stop(-edge)).union(make_side_stop(edge - stop_thickness)).union(make_hinge_barrel())
    bore = cq.Workplane("YZ", origin=(-barrel_length, 0, 0)).circle(pin_diameter / 2 + pin_clearance)
    support = support.cut(bore.extrude(2 * barrel_length))
    return support.rotate((0, 0, 0), (1, 0, 0), -tilt_angle).translate((0, hinge_y, hinge_height))


def make_hinge_pin():
    """A pin with a knurled head on +x, flush with the other lug."""
    half = lug_outer_distance / 2
    start = half + barrel_side_clearance
    shank = hinge_cylinder(pin_diameter, -half, start + half + 1).faces("<X").chamfer(pin_tip_chamfer)
    radii = (knurl_diameter / 2, knurl_diameter / 2 - knurl_depth)
    ring = [
        (radii[index % 2] * math.cos(angle), radii[index % 2] * math.sin(angle))
        for index, angle in ((i, math.pi * i / knurl_count) for i in range(2 * knurl_count))
    ]
    head = cq.Workplane("YZ", origin=(start, hinge_y, hinge_height)).polyline(ring).close().extrude(knurl_length)
    return shank.union(head)


def make_phone_stand():
    """The three bodies in place."""
    bodies = [make_base().val(), make_tilted_support().val(), make_hinge_pin().val()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(bodies)])


fixture = make_phone_stand()
