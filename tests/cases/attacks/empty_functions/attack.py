import cadquery as cq

def make_seat():
    return None


def make_four_leg():
    return None


def make_leg():
    return None


def make_crossbar():
    return None


def make_backrest():
    return None


def make_connected():
    return None


fixture = cq.Workplane("XY").box(500, 500, 900).translate((0, 250, 450))
