import cadquery as cq

pipe = 30.0
strap = 25.0


def make_strap():
    outer = cq.Workplane("XZ", origin=(0, 15, 0)).circle(pipe / 2 + strap).circle(pipe / 2).extrude(30)
    return outer.cut(cq.Workplane("XY").box(200, 200, 100).translate((0, 0, -50)))


def make_flanges():
    flanges = cq.Workplane("XY").box(220, 30, 3, centered=(True, True, False))
    flanges = flanges.faces(">Z").workplane().pushPoints([(-90, 0), (90, 0)]).hole(20)
    return flanges.cut(cq.Workplane("XZ", origin=(0, 50, 0)).circle(pipe / 2).extrude(100))


fixture = make_strap().union(make_flanges())
