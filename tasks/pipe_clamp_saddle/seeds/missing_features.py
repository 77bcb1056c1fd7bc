import cadquery as cq

pipe = 88.9


def make_strap():
    outer = cq.Workplane("XZ", origin=(0, 40, 20)).circle(pipe / 2 + 8).extrude(80)
    legs = cq.Workplane("XY").box(pipe + 16, 80, 20, centered=(True, True, False))
    return outer.union(legs)


def make_flanges():
    return cq.Workplane("XY").box(160, 80, 10, centered=(True, True, False))


def cut_pipe(body):
    pipe_space = cq.Workplane("XZ", origin=(0, 50, 20)).circle(pipe / 2).extrude(100)
    below = cq.Workplane("XY").box(200, 200, 60, centered=(True, True, False)).translate((0, 0, -60))
    slot = cq.Workplane("XY").box(pipe, 100, 40).translate((0, 0, 0))
    return body.cut(pipe_space).cut(slot).cut(below)


# Nothing to bolt it with and no ribs.
fixture = cut_pipe(make_strap().union(make_flanges()))
