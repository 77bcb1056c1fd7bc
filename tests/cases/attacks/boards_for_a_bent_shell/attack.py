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


def stick(start, end, diameter):
    along = cq.Vector(*end) - cq.Vector(*start)
    return cq.Solid.makeCylinder(diameter / 2, along.Length, cq.Vector(*start), along)


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


ends = [(s, y, v) for s in (-1, 1) for y, v in ((20, 165), (630, 385))]
legs = [stick((s * 290, y, 4), (s * 165, v, 425), 36) for s, y, v in ends]
feet = [rod("z", s * 292, y, 34, 0, 9) for s in (-1, 1) for y in (18, 632)]
view = [(250, 420), (250, 880), (130, 880), (130, 945), (60, 945), (60, 975), (130, 975), (130, 1120)]
back = prism("YZ", [(470, 420), (492, 420), (625, 1120), (603, 1120)], -250, 250)
back = back.intersect(prism("XZ", view + [(-x, z) for x, z in reversed(view)], 400, 700))
bars = [rod("y", s * 240, 170, 22, 80, 560) for s in (-1, 1)]
arms = [block(s * 255 - 30, 170, 640, s * 255 + 30, 520, 660) for s in (-1, 1)]
arms += [block(s * 255 - 8, 200, 600, s * 255 + 8, 480, 615) for s in (-1, 1)]
arms += [block(s * 255 - 8, 196, 430, s * 255 + 8, 212, 645) for s in (-1, 1)]
fixture = assembly(joined(block(-250, 70, 418, 250, 492, 440), back, *legs, *feet, *bars, *arms))
