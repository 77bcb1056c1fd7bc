from ocp_vscode import *
from cadquery import Workplane
set_defaults(reset_camera=Camera.KEEP)
a = Workplane().box(1, 2, 3)
show(a, names=["a"], colors=["red"], alphas=[0.5])
