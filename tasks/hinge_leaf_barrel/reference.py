"""Butt hinge, opened flat: two leaves that turn on a captive pin, three bodies with clearances.

Millimetres, the pin is along x, the leaves lie on z = 0.
"""

import cadquery as cq

hinge_length = 100.0
hinge_width = 70.0
barrel_diameter = 12.0
leaf_thickness = 3.0
rounded_corner_radius = 8.0

knuckle_count = 5
knuckle_gap = 0.4
pin_diameter = 6.0
pin_clearance = 0.2
leaf_clearance = 0.5  # between a leaf and the other one's knuckles
pin_end_chamfer = 0.8

screw_hole_diameter = 5.0
countersink_diameter = 9.5
screw_pitch = 34.0
screw_distance = 20.0

axis_z = barrel_diameter / 2
half_width = hinge_width / 2
knuckle_pitch = (hinge_length + knuckle_gap) / knuckle_count
knuckle_length = knuckle_pitch - knuckle_gap


def along_pin(diameter, start, length):
    """A cylinder about the axis of the pin."""
    return cq.Workplane("YZ", origin=(start, 0, axis_z)).circle(diameter / 2).extrude(length)


def knuckle_start(index):
    """Where a knuckle begins, counted along x."""
    return -hinge_length / 2 + index * knuckle_pitch


def make_barrel_knuckle(index):
    """A knuckle with the foot that leads into the leaf on +y."""
    start = knuckle_start(index)
    foot = cq.Workplane("XY").box(knuckle_length, axis_z, leaf_thickness, centered=(False, False, False))
    return along_pin(barrel_diameter, start, knuckle_length).union(foot.translate((start, 0, 0)))


def make_leaf_plate():
    """The flat part of the leaf on +y, its outer corners rounded, clear of the other leaf's knuckles."""
    inner = axis_z + leaf_clearance
    plate = cq.Workplane("XY").box(hinge_length, half_width - inner, leaf_thickness, centered=(True, False, False))
    return plate.translate((0, inner, 0)).edges("|Z and >Y").fillet(rounded_corner_radius)


def make_neck(index):
    """Joins a knuckle to the plate across the clearance."""
    neck = cq.Workplane("XY").box(knuckle_length, axis_z, leaf_thickness, centered=(False, False, False))
    return neck.translate((knuckle_start(index), axis_z / 2 + leaf_clearance, 0))


def make_countersunk_hole(x):
    """The space of a screw: a hole and the cone of its head."""
    shaft = cq.Workplane("XY").circle(screw_hole_diameter / 2).extrude(leaf_thickness)
    depth = (countersink_diameter - screw_hole_diameter) / 2
    head = cq.Workplane("XY", origin=(0, 0, leaf_thickness - depth)).circle(screw_hole_diameter / 2)
    head = head.workplane(offset=depth).circle(countersink_diameter / 2).loft(ruled=True)
    return shaft.union(head).translate((x, screw_distance, 0))


def make_leaf(knuckles):
    """A leaf on +y with the given knuckles, bored for the pin and drilled for three screws."""
    leaf = make_leaf_plate()
    for index in knuckles:
        leaf = leaf.union(make_barrel_knuckle(index)).union(make_neck(index))
    leaf = leaf.cut(along_pin(pin_diameter + 2 * pin_clearance, -hinge_length, 2 * hinge_length))
    for x in (-screw_pitch, 0, screw_pitch):
        leaf = leaf.cut(make_countersunk_hole(x))
    return leaf


def make_center_pin():
    """The pin, flush with the barrel's ends."""
    return along_pin(pin_diameter, -hinge_length / 2, hinge_length).faces("<X or >X").chamfer(pin_end_chamfer)


def make_hinge():
    """Both leaves and the pin: one leaf has the even knuckles, the other, turned round, the odd ones."""
    even = make_leaf(range(0, knuckle_count, 2))
    odd = make_leaf(range(1, knuckle_count, 2)).mirror("XZ")
    bodies = [even.val(), odd.val(), make_center_pin().val()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(bodies)])


fixture = make_hinge()
