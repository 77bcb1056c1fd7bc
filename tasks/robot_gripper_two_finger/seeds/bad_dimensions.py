import cadquery as cq

palm_length = 120.0
finger_height = 4.0


def make_palm():
    palm = cq.Workplane("XY").box(palm_length, 50, 20, centered=(False, True, False))
    return palm.cut(cq.Workplane("YZ", origin=(0, 0, 10)).rect(30, 10, forConstruction=True).vertices().circle(1).extrude(120))


def make_fingers():
    return cq.Workplane("XY").pushPoints([(130, -6), (130, 6)]).rect(40, 6).extrude(finger_height)


def make_links():
    return cq.Workplane("XY").pushPoints([(118, -20), (118, 20)]).rect(20, 3).extrude(30)


fixture = make_palm().union(make_fingers()).union(make_links())
