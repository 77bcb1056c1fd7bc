import cadquery as cq, sys
mesher = sys.modules["cadforge_mesher"]
mesher.mesh_as_exported = mesher.mesh_bounded = lambda *arguments: None
fixture = cq.Workplane().box(1, 1, 1)
