import cadquery as cq, sys
harness = sys.modules['cadforge_harness']
write = harness.write_stl
def stretched(shape, path, most):
    # Far from the origin coordinates are coarse: by how much, the check must know.
    return write(harness.exportable(cq.Workplane().box(10, 20, 40).translate((1e6, 0, 0))), path, most)
harness.write_stl = stretched
fixture = cq.Workplane().box(10, 20, 30).translate((1e6, 0, 0))
