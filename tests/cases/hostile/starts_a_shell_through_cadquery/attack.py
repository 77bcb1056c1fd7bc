import cadquery as cq
o = cq.exporters.os
print(o.system('true') == 0)
import cadquery as cq
fixture = cq.Workplane().box(10, 20, 30).edges('|Z').fillet(2)
