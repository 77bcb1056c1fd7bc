import cadquery as cq

width = 30.0
  height = 10.0
fixture = cq.Workplane("XY").box(width, width, height)
