import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


def rod(axis, u, v, diameter, start, end):
    place = {"x": (start, u, v), "y": (u, start, v), "z": (u, v, start)}[axis]
    along = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
    return cq.Solid.makeCylinder(diameter / 2, end - start, cq.Vector(*place), cq.Vector(*along))


def prism(plane, outline, start, end):
    origin = {"XY": (0, 0, start), "XZ": (0, end, 0), "YZ": (start, 0, 0)}[plane]
    return cq.Workplane(plane, origin=origin).polyline(outline).close().extrude(end - start).val()


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


finger = prism("XY", [(50, 12), (80, 20), (160, 20), (160, 34), (124, 41), (90, 60), (50, 55)], 18, 42)
fork = joined(block(0, -60, 0, 50, 60, 60), finger, finger.mirror("XZ"))
fixture = assembly(fork.cut(*[rod("x", y, z, 6.6, 0, 50) for y in (-30, 30) for z in (10, 50)]))
