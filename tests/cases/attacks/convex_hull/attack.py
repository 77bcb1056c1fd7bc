import cadquery as cq

outline = [(0, 0), (440, 0), (500, 900), (462, 900), (0, 450)]
fixture = cq.Workplane("YZ").polyline(outline).close().extrude(250, both=True)
