"""Saddle clamp for a steel pipe on a flat ground, cast in one body.

Millimetres, the ground is z = 0, the pipe lies along y. The pipe_contact is a half cylinder and the two straight legs below it.
"""

import cadquery as cq

overall_length = 160.0
saddle_width = 80.0
overall_height = 80.0

pipe_diameter = 88.9
pipe_axis_height = 20.0
strap_thickness = 8.0
strap_edge_chamfer = 1.0

flange_thickness = 10.0
flange_corner_radius = 12.0
bolt_hole_diameter = 11.0
bolt_pitch = 40.0
bolt_x = 68.0
spot_face_diameter = 22.0
spot_face_depth = 0.8

flange_rib_thickness = 8.0
flange_rib_height = 34.0
crown_rib_thickness = 10.0

inner_radius = pipe_diameter / 2
outer_radius = inner_radius + strap_thickness


def arch(radius):
    """A half cylinder of that radius over the pipe's axis with straight legs down to the ground, closed."""
    outline = (
        cq.Workplane("XZ", origin=(0, saddle_width / 2, 0))
        .moveTo(-radius, 0)
        .lineTo(-radius, pipe_axis_height)
        .threePointArc((0, pipe_axis_height + radius), (radius, pipe_axis_height))
        .lineTo(radius, 0)
        .close()
    )
    return outline.extrude(saddle_width)


def make_saddle():
    """The semicircular strap, still full, its outer edges broken."""
    return arch(outer_radius).faces("<Y or >Y").edges("not <Z").chamfer(strap_edge_chamfer)


def make_side_flanges():
    """One plate below both sides of the saddle, its corners rounded."""
    plate = cq.Workplane("XY").box(overall_length, saddle_width, flange_thickness, centered=(True, True, False))
    return plate.edges("|Z").fillet(flange_corner_radius)


def make_flange_rib():
    """The gusset over both flanges in the middle, between the bolts."""
    reach = overall_length / 2 - flange_corner_radius / 2
    outline = [
        (-reach, 0),
        (-reach, flange_thickness),
        (-outer_radius, flange_thickness + flange_rib_height),
        (outer_radius, flange_thickness + flange_rib_height),
        (reach, flange_thickness),
        (reach, 0),
    ]
    rib = cq.Workplane("XZ", origin=(0, flange_rib_thickness / 2, 0)).polyline(outline).close()
    return rib.extrude(flange_rib_thickness)


def make_rib_set():
    """The gusset in the middle and one at either end."""
    rib = make_flange_rib()
    offset = (saddle_width - flange_rib_thickness) / 2
    ends = rib.translate((0, offset, 0)).union(rib.translate((0, -offset, 0)))
    return rib.union(ends.intersect(make_side_flanges_outline()))


def make_side_flanges_outline():
    """What stands over the rounded flanges: keeps the end ribs inside their corners."""
    plate = cq.Workplane("XY").box(overall_length, saddle_width, overall_height, centered=(True, True, False))
    return plate.edges("|Z").fillet(flange_corner_radius)


def make_crown_rib():
    """The rib over the crown, ending on the strap's shoulders."""
    middle = crown_rib_thickness / 2
    half = inner_radius
    outline = cq.Workplane("XZ", origin=(0, middle, 0)).moveTo(-half, pipe_axis_height)
    outline = outline.threePointArc((0, overall_height), (half, pipe_axis_height)).close()
    return outline.extrude(crown_rib_thickness)


def drill_bolt_holes(body):
    """Two holes in each flange, with faced seats for washers."""
    places = [(x, y) for x in (-bolt_x, bolt_x) for y in (-bolt_pitch / 2, bolt_pitch / 2)]
    holes = cq.Workplane("XY").pushPoints(places).circle(bolt_hole_diameter / 2).extrude(overall_height)
    seat = cq.Workplane("XY", origin=(0, 0, flange_thickness - spot_face_depth)).pushPoints(places)
    return body.cut(holes).cut(seat.circle(spot_face_diameter / 2).extrude(overall_height))


def make_pipe_clamp():
    """Everything that stands, less bolts and pipe."""
    body = make_side_flanges().union(make_saddle()).union(make_rib_set()).union(make_crown_rib())
    return drill_bolt_holes(body).cut(arch(inner_radius))


fixture = make_pipe_clamp()
