import cadquery as cq

# Handlebar: axis along y.
bar_x = 27.0
bar_z = 50.0
bore = 31.8
ring_outer = 54.0
ring_width = 50.0
slot = 4.0

# Clamping ears below the ring.
ear_thickness = 11.0
ear_hole = 6.6
ear_hole_z = 12.0
ear_hole_pitch = 26.0

# Platform at the far end.
reach = 180.0
platform_length = 70.0
platform_width = 80.0
platform_thickness = 6.0
platform_top = 90.0
hole = 5.5
hole_pitch_x = 46.0
hole_pitch_y = 56.0

# Arm: a flat bar from the ring to the underside of the platform, with a thin web below it.
arm_width = 34.0
arm_depth = 10.0
web_thickness = 8.0


def extruded_along_y(points, width):
    plane = cq.Workplane("XZ", origin=(0, width / 2, 0))
    return plane.polyline(points).close().extrude(width)


def ring():
    plane = cq.Workplane("XZ", origin=(0, ring_width / 2, 0))
    return plane.center(bar_x, bar_z).circle(ring_outer / 2).extrude(ring_width)


def ears():
    half = slot / 2 + ear_thickness
    return cq.Workplane("XY").box(2 * half, ring_width, bar_z, centered=(True, True, False)).translate((bar_x, 0, 0)).edges(
        "|X and <Z").fillet(6)


def arm():
    under = platform_top - platform_thickness
    start = bar_x + ring_outer / 2 - 8
    far = reach - 8
    top = [(start, bar_z + 12), (reach - platform_length + 8, under + 1), (far, under + 1), (far, under - 2)]
    low = [(reach - platform_length + 12, under - arm_depth), (start, bar_z + 12 - arm_depth)]
    return extruded_along_y(top + low, arm_width)


def web():
    under = platform_top - platform_thickness
    start = bar_x + ring_outer / 2 - 8
    points = [(start, bar_z + 6), (reach - platform_length + 10, under - 4), (reach - 12, under), (start + 6, bar_z - 16)]
    return extruded_along_y(points, web_thickness)


def platform():
    plate = cq.Workplane("XY").box(platform_length, platform_width, platform_thickness, centered=(True, True, False))
    plate = plate.edges("|Z").fillet(5)
    middle = reach - platform_length / 2
    return plate.translate((middle, 0, platform_top - platform_thickness))


body = ring().union(ears()).union(arm()).union(web()).union(platform())
opening = cq.Workplane("XZ", origin=(0, 60, 0)).center(bar_x, bar_z).circle(bore / 2).extrude(120)
gap = cq.Workplane("XY").box(slot, 120, bar_z, centered=(True, True, False)).translate((bar_x, 0, 0))
bolts = cq.Workplane("YZ").pushPoints([(-ear_hole_pitch / 2, ear_hole_z), (ear_hole_pitch / 2, ear_hole_z)])
bolts = bolts.circle(ear_hole / 2).extrude(2 * bar_x)
screws = cq.Workplane("XY", origin=(reach - platform_length / 2, 0, platform_top - 2 * platform_thickness - arm_depth))
screws = screws.rect(hole_pitch_x, hole_pitch_y, forConstruction=True).vertices().circle(hole / 2).extrude(50)
fixture = body.cut(opening).cut(gap).cut(bolts).cut(screws)
