"""A stand-in, see `cadforge_absent`."""

from cadforge_absent import stand_in

stand_in(__name__, "DXF import or export")
