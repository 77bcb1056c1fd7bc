import cadquery as cq

fixture = cq.Workplane(obj=cq.Solid.makeCone(12, 0, 30)).rotate((0, 0, 0), (0, 1, 0), 50)
