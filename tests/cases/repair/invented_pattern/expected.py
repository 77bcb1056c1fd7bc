import cadquery as cq

tooth = cq.Workplane("XY").center(30, 0).rect(10, 6).extrude(8)
fixture = cq.Workplane("XY").newObject([shape for step in range(8) for shape in tooth.rotate((0, 0, 0), (0, 0, 1), step * 360.0 / 8).vals()]).combine()
