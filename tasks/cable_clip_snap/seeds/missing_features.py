import cadquery as cq

cable = 12


def make_pad():
    return cq.Workplane("XY").box(45, 28, 4, centered=(False, True, False))


def make_tube():
    return cq.Workplane("XZ", origin=(12, 14, 12.5)).circle(cable / 2 + 2).extrude(28)


def cut_cable(body):
    return body.cut(cq.Workplane("XZ", origin=(12, 20, 12.5)).circle(cable / 2).extrude(40))


# A closed tube: the cable cannot be snapped in, the pad cannot be screwed down.
fixture = cut_cable(make_pad().union(make_tube().union(cq.Workplane("XY").box(11, 28, 8).translate((12, 0, 4)))))
