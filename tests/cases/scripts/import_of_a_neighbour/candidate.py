from .shapes import Plate
result = Plate(4)
