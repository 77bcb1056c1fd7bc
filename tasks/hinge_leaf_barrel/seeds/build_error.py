import cadquery as cq

leaf = cq.Workplane("XY").box(100, 29, 3).translate((0, 20.5, 1.5))
leaf = leaf.edges("|Z").fillet(8)
leaf = leaf.faces(">Z").workplane().pushPoints([(-34, 0), (0, 0), (34, 0)]).countersink(5, 9.5)
barrel = cq.Workplane("YZ", origin=(-50, 0, 6)).circle(6).extrude(100)
fixture = leaf.union(leaf.mirror("XZ")).union(barrel)
