import cadquery as cq
pos = cq.Vector(1, 2, 3)
fixture = cq.Workplane().box(pos.x, pos.y, pos.z)
