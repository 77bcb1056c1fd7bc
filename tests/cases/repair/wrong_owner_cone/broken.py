import cadquery as cq

fixture = cq.cone(30, 20, 5)
