"""Shaft clamp whose I beam tapers towards the boss and whose web is an X."""
import cadquery as cq

total_x, total_y, total_z = 240.0, 90.0, 70.0
plate_t = 12.0
plate_hole = 9.0
plate_pitch_y, plate_pitch_z = 70.0, 46.0

boss_d = 70.0
boss_len = 60.0
bore_d = 36.0
boss_x = 175.0
mid_z = total_z / 2

slot = 4.0
ear_t = 13.0
ear_w = 56.0
bolt_d = 8.5
bolt_pitch = 32.0
bolt_x = 226.0

flange_w = 40.0
flange_t = 7.0
web_t = 6.0
root_h = 66.0
tip_h = 46.0
opening_edge = 9.0


def root_plate():
    p = cq.Workplane("XY").box(plate_t, total_y, total_z, centered=(False, True, False))
    holes = cq.Workplane("YZ").center(0, mid_z).rect(plate_pitch_y, plate_pitch_z, forConstruction=True).vertices()
    return p.cut(holes.circle(plate_hole / 2).extrude(plate_t))


def side_view(root_half, tip_half, width):
    """Tapered bar between root and boss axis, symmetric about the middle plane."""
    return (
        cq.Workplane("XZ", origin=(0, width / 2, 0))
        .polyline([(0, mid_z - root_half), (boss_x, mid_z - tip_half), (boss_x, mid_z + tip_half), (0, mid_z + root_half)])
        .close()
        .extrude(width)
    )


def arm():
    outer = side_view(root_h / 2, tip_h / 2, flange_w)
    inner = side_view(root_h / 2 - flange_t, tip_h / 2 - flange_t, flange_w)
    web = side_view(root_h / 2 - flange_t, tip_h / 2 - flange_t, web_t)
    return outer.cut(inner).union(web.cut(openings()))


def openings():
    """Four triangles that leave an X in the web."""
    x0, x1 = plate_t + opening_edge, boss_x - boss_d / 2 - opening_edge
    xm, half, leg = (x0 + x1) / 2, 15.0, 6.0
    shapes = [
        [(x0, mid_z - half + leg), (xm - 1.5 * leg, mid_z), (x0, mid_z + half - leg)],
        [(x1, mid_z - half + leg), (xm + 1.5 * leg, mid_z), (x1, mid_z + half - leg)],
        [(x0 + 2 * leg, mid_z + half), (xm, mid_z + leg / 2), (x1 - 2 * leg, mid_z + half)],
        [(x0 + 2 * leg, mid_z - half), (xm, mid_z - leg / 2), (x1 - 2 * leg, mid_z - half)],
    ]
    tools = cq.Workplane("XZ")
    for points in shapes:
        tools = tools.add(cq.Workplane("XZ", origin=(0, web_t, 0)).polyline(points).close().extrude(2 * web_t))
    return tools.combine()


def clamp():
    boss = cq.Workplane("XZ", origin=(boss_x, boss_len / 2, mid_z)).circle(boss_d / 2).extrude(boss_len)
    ears = cq.Workplane("XY").box(total_x - boss_x, ear_w, 2 * ear_t + slot, centered=(False, True, True))
    return boss.union(ears.translate((boss_x, 0, mid_z)))


def clamp_cuts():
    bore = cq.Workplane("XZ", origin=(boss_x, total_y / 2, mid_z)).circle(bore_d / 2).extrude(total_y)
    gap = cq.Workplane("XY").box(total_x - boss_x, total_y, slot, centered=(False, True, True)).translate((boss_x, 0, mid_z))
    bolts = cq.Workplane("XY").pushPoints([(bolt_x, bolt_pitch / 2), (bolt_x, -bolt_pitch / 2)]).circle(bolt_d / 2).extrude(total_z)
    return bore.union(gap).union(bolts)


fixture = root_plate().union(arm()).union(clamp()).cut(clamp_cuts())
