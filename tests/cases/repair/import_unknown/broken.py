import cadquery as cq
from cq_warehouse.fastener import HexNut

fixture = cq.Workplane("XY").box(10, 20, 30)
