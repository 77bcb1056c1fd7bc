"""Handlebar mount for an accessory, milled from aluminum_6061: one body.

Millimetres, the handlebar lies along y, x points forward. Rated for load_120n on the platform with safety_factor_2: the
bike_mount clamps by friction, two bolts draw its ears together.
"""

import cadquery as cq

overall_length = 180.0
overall_width = 80.0
overall_height = 90.0

handlebar_diameter = 31.8
clamp_diameter = 54.0
clamp_length = 50.0
clamp_height = 50.0  # of the handlebar's axis
clamp_edge_chamfer = 1.5
ear_thickness = 12.0
slot_width = 4.0
bolt_hole_diameter = 6.6
bolt_pitch = 26.0
bolt_height = 12.0

platform_length = 70.0
platform_thickness = 6.0
platform_corner_radius = 12.0
accessory_hole_diameter = 5.5
accessory_pitch_x = 46.0
accessory_pitch_y = 56.0

arm_width = 30.0
arm_thickness = 14.0
rib_thickness = 10.0
rib_depth = 26.0

axis_x = clamp_diameter / 2
platform_x = overall_length - platform_length
platform_bottom = overall_height - platform_thickness


def across(x, z, half_length):
    """A drawing plane whose extrusion runs along y, both ways from the middle."""
    return cq.Workplane("XZ", origin=(x, half_length, z))


def make_clamp():
    """The ring and the two ears below it, undrilled."""
    ring = across(axis_x, clamp_height, clamp_length / 2).circle(clamp_diameter / 2).extrude(clamp_length)
    ring = ring.faces("<Y or >Y").chamfer(clamp_edge_chamfer)
    ears_width = 2 * ear_thickness + slot_width
    ears = cq.Workplane("XY").box(ears_width, clamp_length, clamp_height, centered=(True, True, False))
    ears = ears.edges("|X and <Z").fillet(ear_thickness / 2).translate((axis_x, 0, 0))
    return ring.union(ears)


def make_supported_arm():
    """The arm from the ring up to the platform, as wide as it needs to be against twist."""
    top = platform_bottom + platform_thickness / 2
    outline = [
        (axis_x, clamp_height + arm_thickness / 2),
        (platform_x, top),
        (platform_x + arm_thickness, top),
        (platform_x + arm_thickness, platform_bottom),
        (axis_x, clamp_height - arm_thickness / 2),
    ]
    return across(0, 0, arm_width / 2).polyline(outline).close().extrude(arm_width)


def make_rib():
    """The rib below the arm: it runs on under the platform."""
    outline = [
        (axis_x, clamp_height),
        (platform_x, platform_bottom),
        (overall_length - platform_corner_radius, platform_bottom + platform_thickness / 2),
        (overall_length - platform_corner_radius, platform_bottom - platform_thickness),
        (platform_x, platform_bottom - rib_depth),
        (axis_x, clamp_height - rib_depth),
    ]
    return across(0, 0, rib_thickness / 2).polyline(outline).close().extrude(rib_thickness)


def make_platform():
    """The plate for the accessory, with its four holes."""
    middle = overall_length - platform_length / 2
    plate = cq.Workplane("XY", origin=(middle, 0, platform_bottom)).rect(platform_length, overall_width)
    plate = plate.extrude(platform_thickness).edges("|Z").fillet(platform_corner_radius)
    corners = cq.Workplane("XY", origin=(middle, 0, 0)).rect(accessory_pitch_x, accessory_pitch_y, forConstruction=True)
    return plate.cut(corners.vertices().circle(accessory_hole_diameter / 2).extrude(overall_height))


def make_handlebar_space():
    """Bore and slot of the clamp."""
    bore = across(axis_x, clamp_height, clamp_length).circle(handlebar_diameter / 2).extrude(2 * clamp_length)
    slot = cq.Workplane("XY").box(slot_width, 2 * clamp_length, clamp_height, centered=(True, True, False))
    return bore.union(slot.translate((axis_x, 0, 0)))


def make_bolt_holes():
    """The holes of both pinch bolts, through both ears."""
    places = [(-bolt_pitch / 2, bolt_height), (bolt_pitch / 2, bolt_height)]
    return cq.Workplane("YZ").pushPoints(places).circle(bolt_hole_diameter / 2).extrude(clamp_diameter)


def make_mount():
    """The mount: all that stands, less all that is bored."""
    body = make_clamp().union(make_supported_arm()).union(make_rib()).cut(make_handlebar_space())
    return body.cut(make_bolt_holes()).union(make_platform())


fixture = make_mount()
