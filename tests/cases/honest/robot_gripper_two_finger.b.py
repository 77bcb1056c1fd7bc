import cadquery as cq

# Palm.
palm_length = 50.0
palm_width = 120.0
palm_height = 60.0
bolt = 6.6
bolt_pitch_y = 60.0
bolt_pitch_z = 40.0
pocket_height = 24.0
pocket_depth = 32.0
pocket_width = 106.0

# Linkage: straight bars along x, each one body with its two pins.
pin = 8.0
play = 0.4
bar_thickness = 9.0
bar_width = 12.0
palm_pivot_x = 36.0
finger_pivot_x = 84.0
pivot_y = (27.0, 45.0)
boss = 15.0

# Fingers.
tip_x = 160.0
grip = 40.0
pad_length = 36.0
pad_height = 24.0
pad_depth = 8.0
stem_depth = 12.0

middle = palm_height / 2


def upright(x, y, diameter, low, high):
    return cq.Workplane("XY", origin=(x, y, low)).circle(diameter / 2).extrude(high - low)


def block(x, y, z):
    size = (x[1] - x[0], y[1] - y[0], z[1] - z[0])
    return cq.Workplane("XY").box(*size, centered=False).translate((x[0], y[0], z[0]))


def around(height):
    return middle - height / 2, middle + height / 2


def palm():
    part = block((0, palm_length), (-palm_width / 2, palm_width / 2), (0, palm_height))
    half = pocket_width / 2
    part = part.cut(block((palm_length - pocket_depth, palm_length + 1), (-half, half), around(pocket_height)))
    for y in pivot_y:
        for side in (-y, y):
            part = part.union(upright(palm_pivot_x, side, boss, middle - pocket_height / 2 - 1, middle + pocket_height / 2 + 1))
            gap = around(bar_thickness + 2 * play)
            part = part.cut(upright(palm_pivot_x, side, boss + 1, *gap))
            part = part.cut(upright(palm_pivot_x, side, pin + play, *around(32)))
    bolts = cq.Workplane("YZ", origin=(0, 0, middle)).rect(bolt_pitch_y, bolt_pitch_z, forConstruction=True).vertices()
    return part.cut(bolts.circle(bolt / 2).extrude(palm_length))


def bar(y):
    low, high = around(bar_thickness)
    half = bar_width / 2
    part = block((palm_pivot_x, finger_pivot_x), (y - half, y + half), (low, high))
    for x, length in ((palm_pivot_x, 30.0), (finger_pivot_x, pad_height)):
        part = part.union(upright(x, y, bar_width, low, high)).union(upright(x, y, pin, *around(length)))
    return part


def finger():
    near, far = pivot_y
    root_end = finger_pivot_x + 16
    height = around(pad_height)
    part = block((finger_pivot_x, root_end), (near - boss / 2, far + boss / 2), height)
    for y in pivot_y:
        part = part.union(upright(finger_pivot_x, y, boss, *height))
    part = part.union(block((root_end - 1, tip_x), (grip / 2 + pad_depth - 1, grip / 2 + pad_depth + stem_depth), around(16)))
    part = part.union(block((tip_x - pad_length, tip_x), (grip / 2, grip / 2 + pad_depth), height))
    part = part.cut(block((0, finger_pivot_x + boss / 2 + 1), (0, palm_width), around(bar_thickness + 2 * play)))
    for y in pivot_y:
        part = part.cut(upright(finger_pivot_x, y, pin + play, *around(palm_height)))
    return part


fixture = cq.Workplane("XY").newObject([palm().val(), finger().val(), finger().mirror("XZ").val()])
for y in pivot_y:
    fixture = fixture.add(bar(y)).add(bar(-y))
