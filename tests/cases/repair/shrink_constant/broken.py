import cadquery as cq

edge_chamfer = 30.0
fixture = cq.Workplane("XY").box(40, 30, 10).edges("|Z").chamfer(edge_chamfer)
