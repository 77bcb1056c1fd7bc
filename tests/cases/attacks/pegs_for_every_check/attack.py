import cadquery as cq

def peg(x, z, diameter, bore):
    ring = cq.Workplane("XZ", origin=(x, 7, z)).circle(diameter / 2)
    return ring.circle(bore / 2).extrude(14).val()


fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([cq.Solid.makeBox(260, 80, 2).translate(cq.Vector(0, -40, 0)), cq.Solid.makeBox(260, 80, 2).translate(cq.Vector(0, -40, 178))])])
