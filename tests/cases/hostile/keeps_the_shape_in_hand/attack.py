import mmap, os
os.ftruncate(106, 1 << 20)
keep = mmap.mmap(106, 1 << 20)
import cadquery as cq
fixture = cq.Workplane().box(10, 20, 30).edges('|Z').fillet(2)
