"""Housing of a two-shaft gearbox, split level through its shafts: lower housing and cover, two bodies.

Millimetres, x and y from the middle, z = 0 below the feet. The cover_seam is as wide as a gasket. Both halves of the
gearbox_housing are drawn as one and cut apart, so that every bearing_bore is round across the seam.
"""

import cadquery as cq

overall_length = 260.0
overall_width = 180.0
overall_height = 160.0
seam_height = 80.0
seam_gap = 0.4

body_length = 222.0
body_width = 136.0
wall_thickness = 9.0
rounded_edge_radius = 16.0

flange_thickness = 10.0
flange_corner_radius = 18.0
flange_bolt_diameter = 9.0
flange_bolt_inset = 10.0
flange_bolt_reach = 104.0  # of the outer side bolts
middle_bolt_x = 7.0  # between the bearings
end_bolt_y = 34.0

large_bore_diameter = 62.0
large_bore_x = -52.0
small_bore_diameter = 47.0
small_bore_x = 58.0
bearing_boss_wall = 10.0
bearing_boss_length = 176.0

rib_thickness = 8.0
rib_depth = 12.0

drain_boss_diameter = 28.0
drain_boss_reach = 126.0
drain_hole_diameter = 14.0
drain_height = 24.0


def block(length, width, bottom, top):
    """A block about the vertical axis."""
    return cq.Workplane("XY", origin=(0, 0, bottom)).box(length, width, top - bottom, centered=(True, True, False))


def along_y(x, diameter, length):
    """A cylinder along y about a shaft, centred."""
    return cq.Workplane("XZ", origin=(x, length / 2, seam_height)).circle(diameter / 2).extrude(length)


def make_outer_body():
    """The outside with its upright and upper edges rounded."""
    body = block(body_length, body_width, 0, overall_height).edges("|Z").fillet(rounded_edge_radius)
    return body.faces(">Z").edges().fillet(0.75 * rounded_edge_radius)


def make_oil_space():
    """The cavity."""
    space = block(
        body_length - 2 * wall_thickness,
        body_width - 2 * wall_thickness,
        wall_thickness,
        overall_height - wall_thickness,
    )
    return space.edges("|Z").fillet(rounded_edge_radius - wall_thickness)


def make_bolted_flange():
    """Both flanges in one plate about the seam."""
    plate = block(overall_length, overall_width, seam_height - flange_thickness, seam_height + flange_thickness)
    return plate.edges("|Z").fillet(flange_corner_radius)


def make_flange_bolts():
    """Ten holes: three along each side, clear of the bearings, and two at each end."""
    side = overall_width / 2 - flange_bolt_inset
    end = overall_length / 2 - flange_bolt_inset
    places = [(x, y) for x in (-flange_bolt_reach, middle_bolt_x, flange_bolt_reach) for y in (-side, side)]
    places += [(x, y) for x in (-end, end) for y in (-end_bolt_y, end_bolt_y)]
    return cq.Workplane("XY").pushPoints(places).circle(flange_bolt_diameter / 2).extrude(overall_height)


def make_bearing_bosses():
    """Rounds about both shafts that stand out of the walls, over the flange."""
    large = along_y(large_bore_x, large_bore_diameter + 2 * bearing_boss_wall, bearing_boss_length)
    small = along_y(small_bore_x, small_bore_diameter + 2 * bearing_boss_wall, bearing_boss_length)
    return large.union(small)


def make_ribs():
    """Upright ribs below and above both bearings, ending on the boss."""
    depth = body_width + 2 * rib_depth
    low = block(rib_thickness, depth, 0, seam_height)
    high = block(rib_thickness, depth, seam_height, overall_height - rounded_edge_radius)
    pair = low.union(high)
    return pair.translate((large_bore_x, 0, 0)).union(pair.translate((small_bore_x, 0, 0)))


def make_oil_drain_boss(diameter, end):
    """A cylinder along x at the end towards -x, from inside the wall to end."""
    start = body_length / 2 - wall_thickness / 2
    return cq.Workplane("YZ", origin=(-end, 0, drain_height)).circle(diameter / 2).extrude(end - start)


def make_whole_housing():
    """Lower housing and cover as if they were one."""
    outside = make_outer_body().union(make_bolted_flange()).union(make_bearing_bosses()).union(make_ribs())
    outside = outside.union(make_oil_drain_boss(drain_boss_diameter, drain_boss_reach))
    whole = outside.cut(make_oil_space()).cut(make_flange_bolts())
    whole = whole.cut(along_y(large_bore_x, large_bore_diameter, overall_width))
    whole = whole.cut(along_y(small_bore_x, small_bore_diameter, overall_width))
    drill = cq.Workplane("YZ", origin=(-drain_boss_reach, 0, drain_height)).circle(drain_hole_diameter / 2)
    return whole.cut(drill.extrude(overall_length / 4))


def make_lower_housing(whole):
    """What lies below the seam."""
    return whole.intersect(block(2 * overall_length, 2 * overall_width, 0, seam_height - seam_gap / 2))


def make_cover(whole):
    """What lies above the seam."""
    return whole.intersect(block(2 * overall_length, 2 * overall_width, seam_height + seam_gap / 2, 2 * overall_height))


def make_gearbox_housing():
    """Both halves in place."""
    whole = make_whole_housing()
    bodies = [make_lower_housing(whole).val(), make_cover(whole).val()]
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(bodies)])


fixture = make_gearbox_housing()
