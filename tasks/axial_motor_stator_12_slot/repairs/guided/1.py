import cadquery as cq

# Axial motor stator, first step: the steel ring at its real diameter, with an opening for the shaft.
outer_diameter = 180.0
bore_diameter = 50.0
ring_height = 10.0
bore_chamfer = 1.0


def make_back_iron_ring():
    ring = cq.Workplane("XY").circle(outer_diameter / 2).extrude(ring_height)
    return ring


def cut_center_bore(ring):
    shaft_opening = cq.Workplane("XY").circle(bore_diameter / 2).extrude(ring_height)
    bored = ring.cut(shaft_opening)
    return bored.faces("<Z").edges(cq.selectors.RadiusNthSelector(0)).chamfer(bore_chamfer)


fixture = cut_center_bore(make_back_iron_ring())
