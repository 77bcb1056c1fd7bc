import cadquery as cq
result = (
    cq.Assembly()
    .add(cq.Workplane().box(1, 2, 3), name="base", color=cq.Color("gray20"))
    .add(cq.Workplane().box(1, 1, 1), name="stem", loc=cq.Location((0, 0, 2)))
)
