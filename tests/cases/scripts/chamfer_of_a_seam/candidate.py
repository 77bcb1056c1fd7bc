import cadquery as cq
result = cq.Workplane().circle(5).extrude(10).edges("|Z").chamfer(1)
