import atexit, cadquery as cq
atexit.register(lambda: print('never'))
try:
    raise SystemExit
except BaseException:
    fixture = cq.Workplane().box(1, 2, 3)
