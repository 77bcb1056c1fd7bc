import cadquery as cq

peg_length = 6
peg_width = 10
peg_height = 12
result_radius = 12


def make_peg():
    return cq.Workplane().box(peg_length, peg_width, peg_height).translate((8, 0, 0))


peg = make_peg()


def make_result():
    return cq.Workplane().sphere(result_radius).union(peg, clean=False)


result = make_result()
