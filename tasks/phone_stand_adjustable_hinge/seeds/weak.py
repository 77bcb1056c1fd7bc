import cadquery as cq

# A wedge on a slab.
base = cq.Workplane("XY").box(80, 80, 10).translate((0, 40, 5))
wedge = cq.Workplane("YZ", origin=(-30, 0, 0)).polyline([(30, 10), (70, 10), (70, 80)]).close().extrude(60)
fixture = base.union(wedge)
