import cadquery as cq

wall = 4
channel = cq.Workplane("XY").box(52, 60, 55, centered=(True, True, False))
channel = channel.faces(">Z").shell(thickness=-wall, open_sides="Y")
ears = cq.Workplane("XY").pushPoints([(-32, 0), (32, 0)]).rect(16, 60).extrude(wall).translate((0, 0, 51))
fixture = channel.union(ears)
