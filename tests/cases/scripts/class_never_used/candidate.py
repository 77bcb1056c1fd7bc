import cadquery as cq

class Plate:
    def make(self):
        return cq.Workplane().box(1, 2, 3)
