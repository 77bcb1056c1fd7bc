type Size = tuple[float, float, float]
import cadquery as cq
size: Size = (1, 2, 3)
result = cq.Workplane().box(*size)
