import math
import cadquery as cq

side = 20 * math.sqrt(2)
fixture = cq.Workplane("XY").box(side, side, 5)
