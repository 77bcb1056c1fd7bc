import cadquery as cq
root = cq.Workplane().rect(10, 4).val()
tip = cq.Workplane(origin=(0, 0, 20)).rect(5, 2).val()
result = cq.Workplane().add(root).add(tip).toPending().loft()
