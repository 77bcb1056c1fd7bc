import cadquery as cq

top = cq.Workplane("XY").box(900, 600, 26).translate((0, 0, 707))
legs = cq.Workplane("XY").linearArray(3, 2, 408, 516).rect(44, 44).extrude(700)
fixture = top.union(legs)
