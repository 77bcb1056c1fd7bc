import cadquery as cq

wall = 4
base = cq.Workplane("XY").box(52, 60, wall, centered=(True, True, False))
base = base.faces(">Z").workplane().rect(30, 40, forConstruction=True).vertices().hole(3.4)
walls = cq.Workplane("XY").pushPoints([(-24, 0), (24, 0)]).rect(wall, 60).extrude(42).translate((0, 0, 7))
ears = cq.Workplane("XY").pushPoints([(-34, 0), (34, 0)]).rect(12, 60).extrude(wall)
ears = ears.cut(cq.Workplane("XY").rect(66, 10, forConstruction=True).vertices().circle(2.2).extrude(wall))
fixture = base.union(walls).union(ears.translate((0, 0, 51)))
