import cadquery as cq
result = cq.Workplane().circle(8).revolve(360, (0, 0, 0), (0, 0, 1))
