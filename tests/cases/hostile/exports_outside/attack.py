import cadquery as cq, os
fixture = cq.Workplane().box(10, 20, 30).edges("|Z").fillet(2)
cq.exporters.export(fixture, "/etc/cadforge.step")
cq.exporters.export(fixture, "../../../../etc/cadforge.stl")
fixture.val().exportStep("/tmp/cadforge.step")
print(os.path.exists("/etc/cadforge.step"), os.path.exists("cadforge.step"))
