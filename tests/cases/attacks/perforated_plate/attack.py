import cadquery as cq

plate = cq.Workplane("XY").box(8, 90, 180).translate((4, 0, 90))
places = [(15 * i, 20 * j) for i in range(-2, 3) for j in range(-4, 5)]
fixture = plate.faces(">X").workplane(origin=(0, 0, 90)).pushPoints(places).hole(9)
