"""A stand-in, see `cadforge_absent`."""

from cadforge_absent import stand_in

# The bindings of the kernel come without their VTK part as well.
stand_in(__name__, "visualisation or VTP export", also=("OCP.IVtkOCC", "OCP.IVtkVTK", "OCP.IVtkTools"))
