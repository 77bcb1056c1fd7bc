"""Gearbox housing whose cover steps down over the small shaft, with pairs of tapered ribs under each bearing and four of the ten bolts at each end."""
import math
import cadquery as cq

length, width, height = 260.0, 180.0, 160.0
wall = 9.0
seam_z = 80.0
gasket = 0.4

body_x, body_y = 208.0, 128.0
body_corner = 13.0
roof_edge = 11.0

flange_t = 10.0
flange_corner = 16.0
bolt_d = 9.0
bolt_x, bolt_y = 117.0, 78.0
middle_bolt_x = 6.8
end_bolt_y = 31.0

large_x, large_d = -52.0, 62.0
small_x, small_d = 58.0, 47.0
boss_wall = 10.0

low_roof_z = 132.0
roof_step_x0, roof_step_x1 = 4.0, 50.0

rib_t = 8.0
rib_spread = 0.55  # distance of the two ribs from the bearing's middle, in radii of its boss
rib_foot_y = 70.0
rib_top_y = 87.0

drain_z = 24.0
drain_boss_d = 28.0
drain_d = 14.0
drain_len = 18.0

lower_top = seam_z - gasket / 2
cover_bottom = seam_z + gasket / 2
bearings = ((large_x, large_d), (small_x, small_d))


def block(x, y, z0, z1):
    return cq.Workplane("XY", origin=(0, 0, z0)).rect(x, y).extrude(z1 - z0)


def along_y(x, d):
    """Cylinder along y through the whole housing at the height of the seam."""
    return cq.Workplane("XZ", origin=(x, 0, seam_z)).circle(d / 2).extrude(width / 2, both=True)


def bosses():
    """Bearing bosses outside the walls, ending level with the flanges."""
    all_bosses = cq.Workplane("XY")
    for x, d in bearings:
        all_bosses = all_bosses.add(along_y(x, d + 2 * boss_wall))
    return all_bosses.combine()


def bores():
    cuts = cq.Workplane("XY")
    for x, d in bearings:
        cuts = cuts.add(along_y(x, d))
    return cuts.combine()


def flange(z0):
    return block(length, width, z0, z0 + flange_t).edges("|Z").fillet(flange_corner)


def bolt_holes():
    points = [(sx * bolt_x, sy * bolt_y) for sx in (-1, 1) for sy in (-1, 1)]
    points += [(sx * bolt_x, sy * end_bolt_y) for sx in (-1, 1) for sy in (-1, 1)]
    points += [(middle_bolt_x, sy * bolt_y) for sy in (-1, 1)]
    return cq.Workplane("XY").pushPoints(points).circle(bolt_d / 2).extrude(height)


def roof_profile():
    """Side view of the cover: high over the large gear, lower over the small one."""
    x = body_x / 2
    return cq.Workplane("XZ").polyline(
        [(-x, seam_z - 2 * wall), (-x, height), (roof_step_x0, height), (roof_step_x1, low_roof_z), (x, low_roof_z), (x, seam_z - 2 * wall)]
    ).close()


def above(z):
    return block(2 * length, 2 * width, z, z + height)


def ribs():
    """Two ribs under each bearing boss on both sides; they widen upwards to the boss."""
    all_ribs = cq.Workplane("XY")
    for x, d in bearings:
        boss_r = d / 2 + boss_wall
        off = rib_spread * boss_r
        top = seam_z - math.sqrt(boss_r**2 - off**2) + 4
        for side in (-1, 1):
            for s in (-1, 1):
                inside = side * (body_y / 2 - wall / 2)
                web = (
                    cq.Workplane("YZ", origin=(x + s * off - rib_t / 2, 0, 0))
                    .polyline([(inside, 0), (side * rib_foot_y, 0), (side * rib_top_y, top), (inside, top)])
                    .close()
                    .extrude(rib_t)
                )
                all_ribs = all_ribs.add(web)
    return all_ribs.combine()


def drain_boss():
    return cq.Workplane("YZ", origin=(-body_x / 2 - drain_len, 0, drain_z)).circle(drain_boss_d / 2).extrude(drain_len + wall / 2)


def drain_hole():
    return cq.Workplane("YZ", origin=(-length, 0, drain_z)).circle(drain_d / 2).extrude(length)


def lower_housing():
    shell = block(body_x, body_y, 0, lower_top).edges("|Z").fillet(body_corner)
    cavity = block(body_x - 2 * wall, body_y - 2 * wall, wall, height).edges("|Z").fillet(body_corner - wall)
    body = shell.union(flange(lower_top - flange_t)).union(bosses().cut(above(lower_top))).union(ribs()).union(drain_boss())
    return body.cut(cavity).cut(bores()).cut(bolt_holes()).cut(drain_hole())


def cover():
    shell = roof_profile().extrude(body_y / 2, both=True)
    shell = shell.edges("|Z").fillet(body_corner).faces(">Z or |Y").edges("not |Z").edges(cq.selectors.BoxSelector((-length, -width, seam_z + wall), (length, width, 2 * height))).fillet(roof_edge)
    cavity = roof_profile().offset2D(-wall, "intersection").extrude(body_y / 2 - wall, both=True).edges("|Z").fillet(body_corner - wall)
    shell = shell.intersect(above(cover_bottom)).union(flange(cover_bottom)).union(bosses().intersect(above(cover_bottom)))
    return shell.cut(cavity).cut(bores()).cut(bolt_holes())


parts = [lower_housing().val(), cover().val()]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(parts)])
