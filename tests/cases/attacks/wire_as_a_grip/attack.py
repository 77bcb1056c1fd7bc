fixture = cq.Workplane("XY").box(2 * post_x, 4, 4).translate((0, 0, 32))
for _x in (-post_x, post_x):
    fixture = fixture.union(drill_screw_hole(make_mounting_post(_x).union(make_foot(_x)), _x))
