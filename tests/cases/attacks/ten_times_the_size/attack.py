import cadquery as cq

base = cq.Workplane("XY").box(520, 600, 40).translate((0, 0, 20))
wall = cq.Workplane("XY").box(40, 600, 550)
ear = cq.Workplane("XY").box(180, 600, 40)
fixture = base.union(wall.translate((240, 0, 275))).union(wall.translate((-240, 0, 275))).union(ear.translate((310, 0, 530))).union(ear.translate((-310, 0, 530)))
