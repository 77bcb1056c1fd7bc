import cadquery as cq

# A solid wedge.
fixture = cq.Workplane("XZ").polyline([(0, 0), (0, 100), (160, 100), (160, 80)]).close().extrude(20, both=True)
