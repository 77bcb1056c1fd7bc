import cadquery as cq
class Fake(cq.Workplane):
    pass
fixture = 'a very good part'
