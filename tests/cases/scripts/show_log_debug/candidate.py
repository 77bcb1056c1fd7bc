import cadquery as cq
result = cq.Workplane().box(1, 2, 3)
log("volume", result.val().Volume())
debug(result.faces(">Z"))
