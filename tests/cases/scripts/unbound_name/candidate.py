fixture = cadquary.Workplane().box(1, 2, 3)
