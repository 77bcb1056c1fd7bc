import cadquery as cq

plate_thickness = 30.0
member = 3.0
boss_diameter = 60.0


def make_plate():
    plate = cq.Workplane("XY").box(plate_thickness, 40, 60, centered=(False, True, False))
    return plate.faces("<X").workplane(centerOption="CenterOfMass").rect(20, 40, forConstruction=True).vertices().hole(3)


def make_frame(y):
    outer = cq.Workplane("XZ", origin=(0, y, 0)).polyline([(20, 0), (20, 60), (130, 60)]).close().extrude(member)
    inner = cq.Workplane("XZ", origin=(0, y, 0)).polyline([(26, 12), (26, 54), (104, 54)]).close().extrude(member)
    return outer.cut(inner)


def make_boss():
    return cq.Workplane("XZ", origin=(140, 20, 55)).circle(boss_diameter / 2).circle(25).extrude(40)


fixture = make_plate().union(make_frame(20)).union(make_frame(-17)).union(make_boss())
