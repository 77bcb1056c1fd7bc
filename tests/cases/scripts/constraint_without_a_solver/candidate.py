import cadquery as cq
fixture = cq.Assembly()
fixture.add(cq.Workplane().box(1, 1, 1), name="foot").add(cq.Workplane().box(1, 1, 1), name="head")
fixture.constrain("foot@faces@>Z", "head@faces@<Z", "Plane").solve()
