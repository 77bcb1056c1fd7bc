import cadquery as cq

base = cq.Workplane("XY").box(200, 140, 16, centered=(False, True, False))
base = base.faces(">Z").workplane(centerOption="CenterOfMass").rect(100, 116, forConstruction=True).vertices().hole(11)
fixed = cq.Workplane("XY").box(40, 90, 120, centered=(False, True, False)).translate((0, 0, 30))
moving = cq.Workplane("XY").box(36, 90, 120, centered=(False, True, False)).translate((89, 0, 30))
spindle = cq.Workplane("YZ", origin=(135, 0, 92)).circle(10).extrude(120)
handle = cq.Workplane("XZ", origin=(270, 70, 92)).circle(5).extrude(140)
fixture = base.union(fixed).union(moving).union(spindle).union(handle)
