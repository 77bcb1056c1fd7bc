"""Arm of a desk lamp: lower arm, upper arm and the pin with its friction_knob, three bodies with clearances.

Millimetres, the arms move in the plane y = 0. Each linked_arm is a flat bar between two bosses.
"""

import math

import cadquery as cq

overall_height = 180.0
overall_width = 80.0

foot_x = 18.0
foot_height = 18.0
elbow_x = 130.0
mount_x = 236.0
mount_height = 96.0

pivot_boss_diameter = 36.0
elbow_diameter = 44.0
lamp_mount_diameter = 48.0
lamp_hole_diameter = 20.0
hinge_pin_hole_diameter = 10.0

arm_thickness = 14.0
lower_arm_width = 26.0
upper_arm_width = 22.0
cheek_thickness = 9.0
cheek_length = 40.0
tongue_clearance = 0.5
foot_boss_width = 24.0

cable_slot_width = 8.0
cable_slot_length = 60.0

pin_diameter = 9.6
nut_size = 18.0
nut_length = 9.0
knob_diameter = 36.0
knob_flute_diameter = 7.0
knob_side_clearance = 0.4

elbow_height = overall_height - elbow_diameter / 2
fork_inside = arm_thickness + 2 * tongue_clearance
fork_outside = fork_inside + 2 * cheek_thickness
knob_length = overall_width / 2 - fork_outside / 2 - knob_side_clearance


def disc(x, z, diameter, width):
    """A cylinder along y, centred on the plane of the arms."""
    return cq.Workplane("XZ", origin=(x, width / 2, z)).circle(diameter / 2).extrude(width)


def link(start, end, breadth, width):
    """A bar of that breadth between two points (x, z), centred on the plane of the arms."""
    (x0, z0), (x1, z1) = start, end
    length, angle = math.hypot(x1 - x0, z1 - z0), math.degrees(math.atan2(z1 - z0, x1 - x0))
    bar = cq.Workplane("XY").box(length, width, breadth, centered=(False, True, True))
    return bar.rotate((0, 0, 0), (0, 1, 0), -angle).translate((x0, 0, z0))


def cable_slot(start, end):
    """The slot in the middle between two points, along y through everything."""
    (x0, z0), (x1, z1) = start, end
    angle = math.degrees(math.atan2(z1 - z0, x1 - x0))
    slot = cq.Workplane("XZ", origin=(0, overall_width, 0)).slot2D(cable_slot_length, cable_slot_width)
    slot = slot.extrude(2 * overall_width).rotate((0, 0, 0), (0, 1, 0), -angle)
    return slot.translate(((x0 + x1) / 2, 0, (z0 + z1) / 2))


def make_lower_arm():
    """Foot boss, bar, fork with two cheeks; holes for both pins and a cable_pass."""
    foot, elbow = (foot_x, foot_height), (elbow_x, elbow_height)
    length = math.hypot(elbow_x - foot_x, elbow_height - foot_height)
    share = 1 - (cheek_length + elbow_diameter / 2) / length
    fork = (foot_x + share * (elbow_x - foot_x), foot_height + share * (elbow_height - foot_height))
    arm = link(foot, fork, lower_arm_width, arm_thickness).union(disc(*foot, pivot_boss_diameter, foot_boss_width))
    cheeks = link(fork, elbow, lower_arm_width, fork_outside).union(disc(*elbow, elbow_diameter, fork_outside))
    space = disc(*elbow, elbow_diameter + 4 * tongue_clearance, fork_inside)
    arm = arm.union(cheeks).cut(space)
    return arm.cut(make_pin_hole(*elbow)).cut(make_pin_hole(*foot)).cut(cable_slot(foot, fork))


def make_pin_hole(x, z):
    """A hinge_pin_hole along y."""
    return disc(x, z, hinge_pin_hole_diameter, overall_width)


def make_upper_arm():
    """Tongue, bar and lamp_mount in one plane; a hole for the pin, one for the lamp, and a cable_pass."""
    elbow, mount = (elbow_x, elbow_height), (mount_x, mount_height)
    arm = link(elbow, mount, upper_arm_width, arm_thickness)
    arm = arm.union(disc(*elbow, elbow_diameter, arm_thickness)).union(disc(*mount, lamp_mount_diameter, arm_thickness))
    return arm.cut(make_pin_hole(*elbow)).cut(disc(*mount, lamp_hole_diameter, arm_thickness)).cut(
        cable_slot(elbow, mount)
    )


def make_friction_knob():
    """The knob with six flutes, on the side of -y."""
    start = -fork_outside / 2 - knob_side_clearance
    plane = cq.Workplane("XZ", origin=(elbow_x, start, elbow_height))
    knob = plane.circle(knob_diameter / 2).extrude(knob_length).faces("<Y").chamfer(knob_side_clearance * 4)
    flutes = plane.polarArray(knob_diameter / 2, 0, 360, 6).circle(knob_flute_diameter / 2).extrude(knob_length)
    return knob.cut(flutes)


def make_pin():
    """The pin through both arms with its nut on the side of +y, in one with the knob."""
    tail = overall_width / 2
    length = tail + fork_outside / 2 + knob_length / 2
    nut = cq.Workplane("XZ", origin=(elbow_x, fork_outside / 2 + knob_side_clearance, elbow_height))
    nut = nut.polygon(6, nut_size).extrude(-nut_length)
    shank = cq.Workplane("XZ", origin=(elbow_x, tail, elbow_height)).circle(pin_diameter / 2).extrude(length)
    return shank.faces(">Y").chamfer(pin_diameter / 10).union(nut).union(make_friction_knob())


def make_lamp_arm():
    """The three bodies in place."""
    bodies = [make_lower_arm().val(), make_upper_arm().val(), make_pin().val()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(bodies)])


fixture = make_lamp_arm()
