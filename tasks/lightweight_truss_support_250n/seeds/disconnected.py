import cadquery as cq

plate = cq.Workplane("XY").box(8, 80, 130, centered=(False, True, False))
plate = plate.faces("<X").workplane(centerOption="CenterOfMass").rect(40, 106, forConstruction=True).vertices().hole(8)
top = cq.Workplane("XY").box(200, 7, 12).translate((120, 0, 124))
bottom = cq.Workplane("XY").box(220, 7, 12).rotate((0, 0, 0), (0, 1, 0), -25).translate((122, 0, 62))
frames = top.union(bottom)
boss = cq.Workplane("XZ", origin=(246, 40, 116)).circle(14).circle(6).extrude(80)
fixture = plate.union(frames.translate((0, 36, 0))).union(frames.translate((0, -36, 0))).union(boss)
