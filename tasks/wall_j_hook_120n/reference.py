"""Wall-mounted J hook, one body machined and bent from aluminum_6061.

Millimetres, the wall is x = 0, z is up. Rated for load_120n as a tip_load: the largest bending moment is at the plate,
where a collar and a rib carry it.
"""

import cadquery as cq

plate_width = 90.0
plate_height = 180.0
plate_thickness = 8.0
plate_corner_radius = 16.0
plate_edge_chamfer = 1.5
bolt_hole_diameter = 9.0
bolt_hole_countersink = 16.0
bolt_pitch_y = 60.0
bolt_pitch_z = 140.0

overall_reach = 160.0
bar_diameter = 22.0
root_height = 138.0  # the bar's axis where it leaves the plate
elbow_radius = 28.0
hook_radius = 38.0
hook_bottom = 12.0
tip_height = 102.0
tip_radius = 9.0

collar_diameter = 40.0
collar_length = 8.0
rib_thickness = 10.0
rib_depth = 62.0

tip_x = overall_reach - bar_diameter / 2
shank_x = tip_x - 2 * hook_radius
arc_z = hook_bottom + bar_diameter / 2 + hook_radius


def make_wall_mount():
    """The plate on the wall with rounded corners."""
    plate = cq.Workplane("YZ").center(0, plate_height / 2).rect(plate_width, plate_height).extrude(plate_thickness)
    return plate.edges("|X").fillet(plate_corner_radius).faces(">X").chamfer(plate_edge_chamfer)


def drill_bolt_holes(plate):
    """Four countersunk bolt_hole positions, through the plate along x."""
    face = cq.Workplane("YZ", origin=(plate_thickness, 0, plate_height / 2))
    corners = face.rect(bolt_pitch_y, bolt_pitch_z, forConstruction=True).vertices()
    drill = cq.Solid.makeCylinder(bolt_hole_diameter / 2, plate_thickness, dir=cq.Vector(-1, 0, 0))
    sink_depth = (bolt_hole_countersink - bolt_hole_diameter) / 2
    sink = cq.Solid.makeCone(bolt_hole_countersink / 2, bolt_hole_diameter / 2, sink_depth, dir=cq.Vector(-1, 0, 0))
    cutter = drill.fuse(sink)
    cutters = [cutter.translate(corner.Center()) for corner in corners.vals()]
    return plate.cut(cq.Workplane("XY").newObject([cq.Compound.makeCompound(cutters)]))


def make_curved_arm():
    """The bar along its path: out of the plate, down, through the half circle, up to the tip."""
    path = (
        cq.Workplane("XZ")
        .moveTo(plate_thickness / 2, root_height)
        .lineTo(shank_x - elbow_radius, root_height)
        .radiusArc((shank_x, root_height - elbow_radius), elbow_radius)
        .lineTo(shank_x, arc_z)
        .radiusArc((shank_x + 2 * hook_radius, arc_z), -hook_radius)
        .lineTo(tip_x, tip_height)
    )
    bar = cq.Workplane("YZ", origin=(plate_thickness / 2, 0, root_height)).circle(bar_diameter / 2).sweep(path)
    return bar


def round_tip(bar):
    """Rounds the end of the bar, so that nothing is torn by it."""
    end = cq.selectors.NearestToPointSelector((tip_x, 0, tip_height))
    return bar.faces(end).edges().fillet(tip_radius)


def make_collar():
    """The thicker root of the bar."""
    root = cq.Workplane("YZ", origin=(plate_thickness, 0, root_height)).circle(collar_diameter / 2)
    return root.extrude(collar_length).faces(">X").chamfer(collar_length / 3)


def make_rib():
    """The web between plate and shank, below the bar's root."""
    outline = [
        (plate_thickness / 2, root_height),
        (shank_x, root_height - elbow_radius),
        (shank_x, root_height - rib_depth),
        (plate_thickness / 2, root_height - rib_depth - elbow_radius),
    ]
    return cq.Workplane("XZ").polyline(outline).close().extrude(rib_thickness / 2, both=True)


def make_j_hook():
    """Plate, collar, bar, tip and rib in one body."""
    hook = make_wall_mount().union(make_collar()).union(make_rib()).union(round_tip(make_curved_arm()))
    return drill_bolt_holes(hook)


fixture = make_j_hook()
