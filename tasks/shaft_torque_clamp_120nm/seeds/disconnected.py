import cadquery as cq

root = cq.Workplane("XY").box(12, 90, 70, centered=(False, True, False))
root = root.faces("<X").workplane(centerOption="CenterOfMass").rect(70, 46, forConstruction=True).vertices().hole(9)
arm = cq.Workplane("XY").box(105, 8, 60).translate((70, 0, 35))
boss = cq.Workplane("XZ", origin=(175, 30, 35)).circle(35).circle(18).extrude(60)
ears = cq.Workplane("XY").pushPoints([(228, 0)]).rect(24, 60).extrude(18)
ears = ears.faces(">Z").workplane().pushPoints([(0, -16), (0, 16)]).hole(8.5)
fixture = root.union(arm).union(boss).union(ears.translate((0, 0, 8))).union(ears.translate((0, 0, 44)))
