from scipy.spatial.transform import Rotation
import cadquery as cq
result = cq.Workplane().box(1, 2, 3)
