import cadquery as cq

plate = cq.Workplane("XY").box(6, 60, 180, centered=(False, True, False))
plate = plate.faces("<X").workplane().rect(36, 100, forConstruction=True).vertices().hole(7)
arm = cq.Workplane("XY", origin=(20, 0, 174)).box(200, 60, 6, centered=(False, True, False))
rib = cq.Workplane("XZ").polyline([(30, 30), (50, 30), (190, 150), (170, 150)]).close().extrude(4, both=True)
fixture = plate.union(arm).union(rib)
