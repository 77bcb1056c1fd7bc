import cadquery as cq

front = cq.Workplane("XZ", origin=(0, 250, 0)).rect(500, 900, centered=True).extrude(4).translate((0, 0, 450))
side = cq.Workplane("YZ").polyline([(0, 0), (440, 0), (500, 900), (462, 900), (420, 450), (0, 450)]).close().extrude(4)
fixture = front.union(side)
