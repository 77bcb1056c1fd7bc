import sys
harness = sys.modules['cadforge_harness']
write = harness.write_brep
def cut(shape, path):
    write(shape, path)
    with open(path, 'rb+') as file:
        file.truncate(len(file.read()) * 2 // 3)
harness.write_brep = cut
import cadquery as cq
fixture = cq.Workplane().box(1, 2, 3).edges().fillet(0.1)
