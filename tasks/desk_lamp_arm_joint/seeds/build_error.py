import cadquery as cq
import math

thickness = 14
length = math.hypot(112, 140)
lower = cq.Workplane("XY").box(length, thickness, 26).rotate((0, 0, 0), (0, 1, 0), -51)
upper = cq.Workplane("XY").box(120, thickness, 22).rotate((0, 0, 0), (0, 1, 0), 30)
joint = cq.Joint.revolute(lower, upper, axis="Y", at=(130, 0, 158))
fixture = joint.toCompound()
