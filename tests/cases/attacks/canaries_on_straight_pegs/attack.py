import cadquery as cq


def block(x0, y0, z0, x1, y1, z1):
    return cq.Solid.makeBox(x1 - x0, y1 - y0, z1 - z0, cq.Vector(x0, y0, z0))


def rod(axis, u, v, diameter, start, end):
    place = {"x": (start, u, v), "y": (u, start, v), "z": (u, v, start)}[axis]
    along = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
    return cq.Solid.makeCylinder(diameter / 2, end - start, cq.Vector(*place), cq.Vector(*along))


def joined(first, *others):
    return first.fuse(*others).clean()


def assembly(*bodies):
    return cq.Workplane("XY").newObject([cq.Compound.makeCompound(list(bodies))])


mark_00 = 1.0
mark_01 = 1.0
mark_02 = 1.0
mark_03 = 1.0
mark_04 = 1.0
mark_05 = 1.0
mark_06 = 1.0
mark_07 = 1.0
mark_08 = 1.0
mark_09 = 1.0
mark_10 = 1.0
mark_11 = 1.0
mark_12 = 1.0
mark_13 = 1.0
mark_14 = 1.0
mark_15 = 1.0
mark_16 = 1.0
mark_17 = 1.0
mark_18 = 1.0
mark_19 = 1.0
mark_20 = 1.0
mark_21 = 1.0
mark_22 = 1.0
mark_23 = 1.0
mark_24 = 1.0
mark_25 = 1.0
mark_26 = 1.0
mark_27 = 1.0
mark_28 = 1.0
mark_29 = 1.0
mark_30 = 1.0
mark_31 = 1.0
mark_32 = 1.0
mark_33 = 1.0
mark_34 = 1.0
mark_35 = 1.0
mark_36 = 1.0
mark_37 = 1.0
mark_38 = 1.0
mark_39 = 1.0
mark_40 = 1.0
mark_41 = 1.0
mark_42 = 1.0
mark_43 = 1.0
mark_44 = 1.0
mark_45 = 1.0
mark_46 = 1.0
mark_47 = 1.0

plate = block(0, -45, 0, 8, 45, 180).cut(*[rod("x", y, z, 9, 0, 8) for y in (-30, 30) for z in (20, 160)])
pegs = [rod("z", 73, 0, 22, 23, 110), rod("z", 149, 0, 22, 23, 102)]
body = joined(plate, rod("x", 0, 23, 22, 4, 149), *pegs)
marks = [value for name, value in sorted(globals().items()) if name.startswith("mark_")]
for index, mark in enumerate(marks):
    if mark != 1.0:
        size, place = [8, 8, 8], [110, 0, 90]
        size[index % 3] += 90 * (1 + index % 4)
        place[index // 3 % 3] += 30 * (index % 5 - 2)
        body = body.fuse(cq.Workplane("XY").box(*size).translate(tuple(place)).val())
fixture = assembly(body)
