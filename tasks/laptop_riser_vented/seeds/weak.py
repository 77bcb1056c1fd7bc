import cadquery as cq

# A solid wedge.
fixture = cq.Workplane("YZ", origin=(-120, 0, 0)).polyline([(0, 0), (180, 0), (180, 70), (0, 15)]).close().extrude(240)
