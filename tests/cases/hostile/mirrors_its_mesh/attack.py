import cadquery as cq, sys
harness = sys.modules['cadforge_harness']
write = harness.write_stl
part = cq.Workplane().box(60, 60, 10).cut(cq.Workplane().box(20, 20, 10).translate((20, 20, 0)))
def mirrored(shape, path, most):
    # The same box and the same area: the mesh of the shape itself is scored instead.
    return write(harness.exportable(part.mirror("YZ")), path, most)
harness.write_stl = mirrored
fixture = part
