import cadquery as cq

ball = cq.Solid.makeSphere(12)
places = [(20 * i - 30, 20 * j - 30, 26 * k + 12) for i in range(4) for j in range(4) for k in range(5)]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([ball.translate(cq.Vector(*place)) for place in places])])
