_bars = [make_linkage_bar(palm_pivots()[0], finger_pivots()[0])]
_half = _bars + [make_finger()]
_bodies = [make_palm_block()] + _half + [body.mirror("XZ") for body in _half]
fixture = cq.Workplane("XY").newObject([cq.Compound.makeCompound([body.val() for body in _bodies])])
