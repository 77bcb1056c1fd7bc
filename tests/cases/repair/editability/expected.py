import cadquery as cq

plate_length = 60
plate_width = 40
plate_height = 6
post_radius = 6
post_height = 40


def make_plate():
    return cq.Workplane("XY").box(plate_length, plate_width, plate_height)


plate = make_plate()


def make_post():
    return cq.Workplane("XY").circle(post_radius).extrude(post_height)


post = make_post()
fixture = plate.union(post)
