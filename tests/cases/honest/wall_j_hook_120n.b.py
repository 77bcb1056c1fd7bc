"""J hook with a trumpet-shaped collar at the root and a concave rib above the arm, instead of a triangular gusset below it."""
import math
import cadquery as cq

width = 90.0
height = 180.0
reach = 160.0
plate_t = 8.0
plate_corner = 12.0
plate_edge = 1.5

bolt_d = 9.0
bolt_pitch_y = 60.0
bolt_pitch_z = 140.0

bar_d = 22.0
root_z = height / 2
bend_r = 38.0
hook_r = 32.0
tip_z = 92.0
hook_center_z = 47.0

collar_r = 19.0
collar_len = 14.0

rib_t = 9.0
rib_top_z = 146.0

bar_r = bar_d / 2
tip_x = reach - bar_r
shank_x = tip_x - 2 * hook_r
bend_start_x = shank_x - bend_r
rib_end_x = bend_start_x
c45 = math.sqrt(0.5)


def plate():
    p = cq.Workplane("YZ").center(0, height / 2).rect(width, height).extrude(plate_t)
    p = p.edges("|X").fillet(plate_corner)
    return p.faces(">X").edges().chamfer(plate_edge)


def bolt_holes():
    return (
        cq.Workplane("YZ", origin=(-1, 0, height / 2))
        .rect(bolt_pitch_y, bolt_pitch_z, forConstruction=True)
        .vertices()
        .circle(bolt_d / 2)
        .extrude(plate_t + 2)
    )


def bar():
    """Round bar: out of the plate, a quarter bend down, a half circle and a straight end upwards."""
    path = (
        cq.Workplane("XZ")
        .moveTo(plate_t / 2, root_z)
        .lineTo(bend_start_x, root_z)
        .threePointArc((bend_start_x + bend_r * c45, root_z - bend_r * (1 - c45)), (shank_x, root_z - bend_r))
        .lineTo(shank_x, hook_center_z)
        .threePointArc((shank_x + hook_r, hook_center_z - hook_r), (tip_x, hook_center_z))
        .lineTo(tip_x, tip_z)
    )
    rod = cq.Workplane("YZ", origin=(plate_t / 2, 0, root_z)).circle(bar_r).sweep(path)
    tip = cq.Workplane("XY", origin=(tip_x, 0, tip_z)).sphere(bar_r)
    return rod.union(tip)


def collar():
    """Trumpet-shaped transition from the plate to the bar."""
    flare = (
        cq.Workplane("XY")
        .moveTo(plate_t - 1, 0)
        .lineTo(plate_t - 1, collar_r)
        .lineTo(plate_t, collar_r)
        .threePointArc((plate_t + collar_len * 0.3, bar_r + (collar_r - bar_r) * 0.3), (plate_t + collar_len, bar_r))
        .lineTo(plate_t + collar_len, 0)
        .close()
        .revolve(360, (0, 0, 0), (1, 0, 0))
    )
    return flare.translate((0, 0, root_z))


def rib():
    """Rib in the plane y = 0 from the plate to the top of the arm, with a concave edge."""
    x0 = plate_t - 1
    return (
        cq.Workplane("XZ", origin=(0, rib_t / 2, 0))
        .moveTo(x0, root_z)
        .lineTo(x0, rib_top_z)
        .lineTo(plate_t, rib_top_z)
        .spline([(rib_end_x, root_z + bar_r - 2)], tangents=[(0.3, -1), (1, -0.15)], includeCurrent=True)
        .lineTo(rib_end_x, root_z)
        .close()
        .extrude(rib_t)
    )


fixture = plate().union(bar()).union(collar()).union(rib()).cut(bolt_holes())
