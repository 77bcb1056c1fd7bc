import cadquery as cq

thickness = 60.0
boss = 12.0


def make_lower():
    return cq.Workplane("XY").box(20, thickness, 60).translate((10, 0, 30))


def make_upper():
    return cq.Workplane("XY").box(120, thickness, 8).translate((60, 0, 64))


def make_boss():
    return cq.Workplane("XZ", origin=(10, 40, 64)).circle(boss / 2).extrude(80)


def drill(body):
    return body.cut(cq.Workplane("XZ", origin=(110, 50, 64)).circle(1).extrude(100))


fixture = drill(make_lower().union(make_upper()).union(make_boss()))
