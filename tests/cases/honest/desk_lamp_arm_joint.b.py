"""Desk lamp arm of two bowed arms; the lower one widens to a yoke around an upper arm of equal thickness, with a scalloped knob and a cap nut."""
import math
import cadquery as cq

foot = (18.0, 18.0)
elbow = (130.0, 158.0)
mount = (236.0, 96.0)

arm_t = 14.0
foot_d = 36.0
foot_hole_d = 10.0
cheek_d = 44.0
cheek_t = 8.0
side_clearance = 0.5
slot_relief = 2.0

lower_bow = 15.0
lower_w = 30.0
upper_bow = 10.0
upper_w = 28.0
eye_d = 42.0
mount_d = 48.0
mount_hole_d = 20.0

yoke_straight = 34.0
yoke_end = 66.0

cable_w = 9.0
lower_cables = ((0.27, 44.0), (0.53, 30.0))  # (place along the arm, length)
upper_cables = ((0.48, 44.0),)

pin_d = 9.6
pin_hole_d = 10.0
end_y = 40.0
face_clearance = 0.3
knob_d = 36.0
knob_edge = 2.0
scallops = 8
scallop_d = 9.0
nut_flats = 20.0
nut_h = 12.0
cap_d = 18.0

fork_half = arm_t / 2 + side_clearance
yoke_half = fork_half + cheek_t
pin_face = yoke_half + face_clearance


def disc(center, d, half):
    return cq.Workplane("XZ").center(*center).circle(d / 2).extrude(half, both=True)


class Bow:
    """Arc from p to q that rises by `bow` above the chord."""

    def __init__(self, p, q, bow):
        chord = math.dist(p, q)
        radius = (chord * chord / 4 + bow * bow) / (2 * bow)
        ux, uz = (q[0] - p[0]) / chord, (q[1] - p[1]) / chord
        nx, nz = (-uz, ux) if ux >= 0 else (uz, -ux)
        mx, mz = (p[0] + q[0]) / 2, (p[1] + q[1]) / 2
        self.center = (mx - nx * (radius - bow), mz - nz * (radius - bow))
        self.radius = radius
        self.start = math.atan2(p[1] - self.center[1], p[0] - self.center[0])
        self.end = math.atan2(q[1] - self.center[1], q[0] - self.center[0])

    def at(self, t, offset=0.0):
        """Point at the share t of the arc, moved outwards by `offset`."""
        a = self.start + t * (self.end - self.start)
        r = self.radius + offset
        return self.center[0] + r * math.cos(a), self.center[1] + r * math.sin(a)

    def angle(self, t):
        """Direction of the arc at t, in degrees from +x."""
        return math.degrees(self.start + t * (self.end - self.start)) - 90.0

    def band(self, width):
        """Wire of the band of constant width along the arc."""
        h = width / 2
        return (
            cq.Workplane("XZ")
            .moveTo(*self.at(0, h))
            .threePointArc(self.at(0.5, h), self.at(1, h))
            .lineTo(*self.at(1, -h))
            .threePointArc(self.at(0.5, -h), self.at(0, -h))
            .close()
        )


lower_path = Bow(foot, elbow, lower_bow)
upper_path = Bow(elbow, mount, upper_bow)


def cable_slots(path, slots):
    cuts = cq.Workplane("XZ")
    for t, length in slots:
        slot = cq.Workplane("XZ").center(*path.at(t)).slot2D(length, cable_w, path.angle(t)).extrude(arm_t, both=True)
        cuts = cuts.add(slot)
    return cuts.combine()


def yoke():
    """Two cheeks on a root that narrows to the thickness of the arm."""
    root = lower_path.at(0.62)
    dx, dz = root[0] - elbow[0], root[1] - elbow[1]
    dist = math.hypot(dx, dz)
    dx, dz = dx / dist, dz / dist
    r, h = cheek_d / 2, lower_w / 2
    outline = [
        (elbow[0] - dz * r, elbow[1] + dx * r),
        (elbow[0] + dz * r, elbow[1] - dx * r),
        (elbow[0] + dx * yoke_end + dz * h, elbow[1] + dz * yoke_end - dx * h),
        (elbow[0] + dx * yoke_end - dz * h, elbow[1] + dz * yoke_end + dx * h),
    ]
    block = cq.Workplane("XZ").polyline(outline).close().extrude(yoke_half, both=True).union(disc(elbow, cheek_d, yoke_half))
    along = cq.Plane(origin=(elbow[0], 0, elbow[1]), xDir=(dx, 0, dz), normal=(-dz, 0, dx))
    taper = (
        cq.Workplane(along)
        .polyline([(-r, -yoke_half), (yoke_straight, -yoke_half), (yoke_end, -arm_t / 2), (yoke_end, arm_t / 2), (yoke_straight, yoke_half), (-r, yoke_half)])
        .close()
        .extrude(2 * r, both=True)
    )
    return block.intersect(taper)


def lower_arm():
    body = lower_path.band(lower_w).extrude(arm_t / 2, both=True)
    body = body.union(disc(foot, foot_d, arm_t / 2)).union(yoke())
    body = body.cut(disc(elbow, cheek_d + 2 * slot_relief, fork_half))
    body = body.cut(disc(elbow, pin_hole_d, yoke_half)).cut(disc(foot, foot_hole_d, arm_t))
    return body.cut(cable_slots(lower_path, lower_cables))


def upper_arm():
    body = upper_path.band(upper_w).extrude(arm_t / 2, both=True)
    body = body.union(disc(elbow, eye_d, arm_t / 2)).union(disc(mount, mount_d, arm_t / 2))
    body = body.cut(disc(elbow, pin_hole_d, arm_t)).cut(disc(mount, mount_hole_d, arm_t))
    return body.cut(cable_slots(upper_path, upper_cables))


def along_y(y0):
    """Workplane at the elbow, normal along +y."""
    return cq.Workplane(cq.Plane(origin=(elbow[0], y0, elbow[1]), xDir=(1, 0, 0), normal=(0, 1, 0)))


def pin():
    """Pin with its friction knob towards -y and its cap nut towards +y."""
    knob = along_y(-end_y).circle(knob_d / 2).extrude(end_y - pin_face).edges().chamfer(knob_edge)
    knob = knob.cut(along_y(-end_y - 1).polarArray(knob_d / 2 + scallop_d / 4, 360 / scallops / 2, 360, scallops).circle(scallop_d / 2).extrude(end_y))
    shaft = along_y(-pin_face - 1).circle(pin_d / 2).extrude(2 * pin_face + 2)
    nut = along_y(pin_face).polygon(6, nut_flats / math.cos(math.pi / 6)).extrude(nut_h)
    cap_r = cap_d / 2
    barrel = end_y - pin_face - cap_r
    cap = along_y(pin_face).circle(cap_r).extrude(barrel)
    dome = cq.Workplane("XY").sphere(cap_r).translate((elbow[0], end_y - cap_r, elbow[1]))
    return shaft.union(knob).union(nut).union(cap).union(dome)


parts = [lower_arm().val(), upper_arm().val(), pin().val()]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound(parts)])
