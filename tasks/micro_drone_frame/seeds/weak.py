import cadquery as cq

# A thick cross.
beam = cq.Workplane("XY").box(150, 24, 10).translate((0, 0, 5))
fixture = beam.union(beam.rotate((0, 0, 0), (0, 0, 1), 90))
