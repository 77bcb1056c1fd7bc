import os, sys
harness = sys.modules['cadforge_harness']
def garbage(shape, path):
    open(path, 'wb').write(os.urandom(100000))
harness.write_brep = garbage
import cadquery as cq
fixture = cq.Workplane().box(1, 2, 3)
