import cadquery as cq

def make_leg(x, y):
    return cq.Workplane("XY").box(38, 38, 450).translate((x, y, 225))


legs = [make_leg(x, y) for x in (-200, 200) for y in (50, 400)]
fixture = cq.Workplane("XY").box(500, 500, 900).translate((0, 250, 450))
