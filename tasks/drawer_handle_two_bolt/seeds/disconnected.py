import cadquery as cq

bar_height = 10
bar = cq.Workplane("XY").box(128, 15, bar_height).translate((0, 0, 35))
posts = cq.Workplane("XY").pushPoints([(-64, 0), (64, 0)]).circle(9).extrude(22)
feet = cq.Workplane("XY").pushPoints([(-64, 0), (64, 0)]).ellipse(16, 19).extrude(4)
holes = cq.Workplane("XY").pushPoints([(-64, 0), (64, 0)]).circle(2.1).extrude(18)
fixture = bar.union(posts).union(feet).cut(holes)
