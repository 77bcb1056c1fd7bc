import cadquery as cq

# A thick cup.
cup = cq.Workplane("XY").circle(40).extrude(70)
fixture = cup.cut(cq.Workplane("XY", origin=(0, 0, 20)).circle(28).extrude(60))
