import cadquery as cq

plate = cq.Workplane("XY").box(8, 90, 180).translate((4, 0, 90))
# The fillet is larger than the plate is thick.
plate = plate.edges("|Y").fillet(20)
arm = cq.Workplane("YZ", origin=(4, 0, 60)).circle(11).extrude(156)
fixture = plate.union(arm)
