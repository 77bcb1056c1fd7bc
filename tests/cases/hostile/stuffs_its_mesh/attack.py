import cadquery as cq, sys
harness = sys.modules['cadforge_harness']
write = harness.write_stl
def stuffed(shape, path, most):
    walls = cq.Workplane().box(60, 60, 60).union(cq.Workplane().box(60, 1, 60)).cut(cq.Workplane().sphere(25))
    return write(harness.exportable(walls), path, most)
harness.write_stl = stuffed
fixture = cq.Workplane().box(60, 60, 60)
