import os
try:
    os.pwrite(103, b'x' * 1000, 0)
except OSError as error:
    print(type(error).__name__)
import cadquery as cq
fixture = cq.Workplane().box(10, 20, 30).edges('|Z').fillet(2)
