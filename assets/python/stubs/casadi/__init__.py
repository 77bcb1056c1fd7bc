"""A stand-in, see `cadforge_absent`."""

from cadforge_absent import stand_in

stand_in(__name__, "a constraint solver such as Assembly.solve")
