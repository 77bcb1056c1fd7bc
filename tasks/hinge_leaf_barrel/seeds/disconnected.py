import cadquery as cq

knuckle = 19.6
leaf = cq.Workplane("XY").box(100, 24, 3).translate((0, 23, 1.5))
leaf = leaf.faces(">Z").workplane(origin=(0, 20, 3)).pushPoints([(-34, 0), (0, 0), (34, 0)]).cskHole(5, 9.5, 90)
other = leaf.mirror("XZ")
knuckles = cq.Workplane("XY")
barrel = None
for index in range(5):
    ring = cq.Workplane("YZ", origin=(-50 + index * 20.08, 0, 6)).circle(6).circle(3.2).extrude(knuckle)
    barrel = ring if barrel is None else barrel.union(ring)
pin = cq.Workplane("YZ", origin=(-50, 0, 6)).circle(3).extrude(100)
fixture = leaf.union(other).union(barrel).union(pin)
