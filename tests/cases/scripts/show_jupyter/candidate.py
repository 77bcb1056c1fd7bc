from jupyter_cadquery import show, set_defaults
import cadquery as cq
box = cq.Workplane().box(1, 2, 3)
set_defaults(theme="dark")
show(box)
