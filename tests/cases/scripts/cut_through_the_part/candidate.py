import cadquery as cq
result = cq.Workplane().box(40, 40, 10)
tool = cq.Workplane().circle(5).extrude(20, both=True)
result = result.cut(tool)
