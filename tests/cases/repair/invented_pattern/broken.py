import cadquery as cq

tooth = cq.Workplane("XY").center(30, 0).rect(10, 6).extrude(8)
fixture = tooth.circularPattern(axis="Z", count=8)
