import cadquery as cq

bore = 31.8
ring = cq.Workplane("XZ", origin=(27, 25, 50)).circle(27).circle(bore / 2).extrude(50)
ears = cq.Workplane("XY").pushPoints([(19, 0), (35, 0)]).box(12, 50, 20).translate((0, 0, 10))
arm = cq.Workplane("XY").box(50, 30, 12).translate((85, 0, 66))
platform = cq.Workplane("XY").box(60, 80, 6).translate((150, 0, 87))
platform = platform.faces(">Z").workplane().rect(46, 56, forConstruction=True).vertices().hole(5.5)
fixture = ring.union(ears).union(arm).union(platform)
