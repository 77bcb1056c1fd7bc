import numpy as np
import cadquery as cq

fixture = cq.Workplane("XY").box(10, 20, float(np.sqrt(900)))
