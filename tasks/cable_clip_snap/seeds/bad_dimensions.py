import cadquery as cq

cable = 30.0
wall = 0.6
pad_thickness = 12.0


def make_pad():
    pad = cq.Workplane("XY").box(20, 60, pad_thickness, centered=(False, True, False))
    return pad.faces(">Z").workplane().pushPoints([(0, 20)]).hole(14)


def make_channel():
    ring = cq.Workplane("XZ", origin=(10, 30, 26)).circle(cable / 2 + wall).circle(cable / 2).extrude(60)
    return ring.cut(cq.Workplane("XY").box(28, 80, 30).translate((10, 0, 42)))


fixture = make_pad().union(make_channel())
