import cadquery as cq

post_x = 64
posts = cq.Workplane("XY").pushPoints([(-post_x, 0), (post_x, 0)]).circle(9).extrude(30)
arch = cq.Workplane("XZ").moveTo(-post_x, 30).threePointArc((0, 36), (post_x, 30))
grip = cq.Workplane("YZ", origin=(-post_x, 0, 30)).circle(5).sweep(arch)
drawer_handle = posts.union(grip)
