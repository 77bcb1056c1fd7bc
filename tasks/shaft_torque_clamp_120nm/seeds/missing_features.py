import cadquery as cq

bore = 36


def make_root():
    return cq.Workplane("XY").box(12, 90, 70, centered=(False, True, False))


def make_arm():
    return cq.Workplane("XY").box(160, 30, 50).translate((80, 0, 35))


def make_boss():
    boss = cq.Workplane("XZ", origin=(175, 30, 35)).circle(35).extrude(60)
    return boss


def bore_boss(body):
    return body.cut(cq.Workplane("XZ", origin=(175, 60, 35)).circle(bore / 2).extrude(120))


# A closed ring on a solid bar: nothing clamps, nothing is bolted, nothing is light.
fixture = bore_boss(make_root().union(make_arm()).union(make_boss()))
