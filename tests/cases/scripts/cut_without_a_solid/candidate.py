import cadquery as cq
plate = cq.Workplane().box(20, 20, 4)
result = cq.Workplane().circle(3).cutThruAll().union(plate)
