import cadquery as cq

tooth_count = 12
ring = cq.Workplane("XY").circle(44).circle(32).extrude(12)
teeth = cq.Workplane("XY").polarArray(72, 0, 360, tooth_count).rect(34, 16).extrude(30)
fixture = ring.union(teeth)
