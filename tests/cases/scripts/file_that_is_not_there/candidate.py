import cadquery as cq
result = cq.importers.importStep("base.step")
