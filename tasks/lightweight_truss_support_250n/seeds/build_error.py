import cadquery as cq
from cadquery.truss import TrussFrame

plate = cq.Workplane("XY").box(8, 80, 130, centered=(False, True, False))
frame = TrussFrame(length=246, height=116, panels=3, thickness=7)
fixture = plate.union(frame.solid())
