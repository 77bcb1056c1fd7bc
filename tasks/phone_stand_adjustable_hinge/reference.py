"""Phone stand with a tilted support that turns about a hinge: base, support and pin, three bodies with clearances.

Millimetres, floor at z = 0, the phone looks to -y.
"""

import math

import cadquery as cq

base_size = 120.0
overall_height = 160.0
base_thickness = 8.0
base_corner_radius = 18.0
base_edge_chamfer = 1.5

hinge_y = 68.0
hinge_height = 26.0
lug_outer_distance = 64.0
lug_width = 10.0
lug_radius = 11.0
barrel_diameter = 18.0
barrel_side_clearance = 0.5

pin_diameter = 8.0
pin_clearance = 0.25
pin_head_size = 15.0
pin_head_length = 7.0
pin_end_length = 4.0

tilt_angle = 20.0  # from the vertical
support_width = 76.0
support_thickness = 6.0
support_corner_radius = 12.0
support_bottom = 16.0  # how far the plate starts beyond the hinge's axis
lip_depth = 16.0
lip_thickness = 5.0
lip_rise = 7.0
side_stop_height = 40.0
side_stop_depth = 11.0
side_stop_thickness = 4.0
cable_gap = 18.0

lean = math.radians(tilt_angle)
# The plate's upper rear edge is its highest point: the tilt lifts it above the middle of the plate.
support_length = (overall_height - hinge_height - math.sin(lean) * support_thickness / 2) / math.cos(lean)
barrel_length = lug_outer_distance - 2 * (lug_width + barrel_side_clearance)


def make_base_plate():
    """The plate on the table."""
    plate = cq.Workplane("XY").box(base_size, base_size, base_thickness, centered=(True, False, False))
    return plate.edges("|Z").fillet(base_corner_radius).faces(">Z").chamfer(base_edge_chamfer)


def make_screw_boss(x):
    """A lug of the hinge whose inner face lies at x or whose outer face does, drawn from the smaller x on."""
    outline = (
        cq.Workplane("YZ", origin=(x, 0, 0))
        .moveTo(hinge_y - 1.6 * lug_radius, base_thickness / 2)
        .lineTo(hinge_y - lug_radius, hinge_height)
        .threePointArc((hinge_y, hinge_height + lug_radius), (hinge_y + lug_radius, hinge_height))
        .lineTo(hinge_y + 1.6 * lug_radius, base_thickness / 2)
        .close()
    )
    return outline.extrude(lug_width)


def hinge_cylinder(diameter, start, length):
    """A cylinder about the hinge's axis."""
    return cq.Workplane("YZ", origin=(start, hinge_y, hinge_height)).circle(diameter / 2).extrude(length)


def make_base():
    """The plate with both lugs, bored for the pin."""
    half = lug_outer_distance / 2
    base = make_base_plate().union(make_screw_boss(-half)).union(make_screw_boss(half - lug_width))
    return base.cut(hinge_cylinder(pin_diameter + 2 * pin_clearance, -half, 2 * half))


def make_support_plate():
    """The plate as if it stood upright on the axis, with the lip in front of it."""
    height = support_length - support_bottom
    plate = cq.Workplane("XY").box(support_width, support_thickness, height, centered=(True, True, False))
    plate = plate.edges("|Y and >Z").fillet(support_corner_radius)
    return plate.translate((0, 0, support_bottom)).union(make_bottom_lip())


def make_bottom_lip():
    """The ledge that carries the phone, with a nose at its edge and a gap for the cable."""
    front = -support_thickness / 2
    lip = cq.Workplane("XY").box(support_width, lip_depth, lip_thickness, centered=(True, False, False))
    nose = cq.Workplane("XY").box(
        support_width, lip_thickness, lip_thickness + lip_rise, centered=(True, False, False)
    )
    gap = cq.Workplane("XY").box(cable_gap, 2 * lip_depth, 2 * support_bottom)
    # It reaches into the plate, except where the cable passes.
    root = cq.Workplane("XY").box(support_width, support_thickness / 2, lip_thickness, centered=(True, False, False))
    ledge = lip.union(nose).cut(gap).union(root.translate((0, lip_depth, 0)))
    return ledge.translate((0, front - lip_depth, support_bottom))


def make_side_stop(x):
    """A stop at one edge of the plate, from the lip up."""
    stop = cq.Workplane("XY", origin=(x, -side_stop_depth, support_bottom))
    return stop.box(side_stop_thickness, side_stop_depth, side_stop_height, centered=(True, False, False))


def make_hinge_barrel():
    """The barrel under the plate and the neck that joins both, about the origin."""
    barrel = cq.Workplane("YZ", origin=(-barrel_length / 2, 0, 0)).circle(barrel_diameter / 2).extrude(barrel_length)
    neck = cq.Workplane("XY").box(barrel_length, support_thickness, 2 * support_bottom, centered=(True, True, False))
    bore = cq.Workplane("YZ", origin=(-barrel_length / 2, 0, 0)).circle(pin_diameter / 2 + pin_clearance)
    return barrel.union(neck).cut(bore.extrude(barrel_length))


def make_tilted_support():
    """Plate, stops and barrel, leaning back about the hinge."""
    edge = (support_width - side_stop_thickness) / 2
    support = make_support_plate().union(make_side_stop(-edge)).union(make_side_stop(edge)).union(make_hinge_barrel())
    return support.rotate((0, 0, 0), (1, 0, 0), -tilt_angle).translate((0, hinge_y, hinge_height))


def make_hinge_pin():
    """A bolt with a hexagonal head on +x, clear of the lug."""
    half = lug_outer_distance / 2
    shank = hinge_cylinder(pin_diameter, -half - pin_end_length, 2 * half + pin_end_length + pin_clearance)
    head = cq.Workplane("YZ", origin=(half + pin_clearance, hinge_y, hinge_height)).polygon(6, pin_head_size)
    return shank.union(head.extrude(pin_head_length))


def make_phone_stand():
    """The three bodies in place."""
    bodies = [make_base().val(), make_tilted_support().val(), make_hinge_pin().val()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(bodies)])


fixture = make_phone_stand()
