import cadquery as cq

fixture_length = 10
fixture_width = 10
fixture_height = 10
fixture_length_2 = 10
fixture_width_2 = 10
fixture_height_2 = 10
bridge_length = 40.0
bridge_width = 5.0
bridge_height = 5.0


def make_fixture():
    return cq.Workplane("XY").box(fixture_length, fixture_width, fixture_height).union(cq.Workplane("XY").box(fixture_length_2, fixture_width_2, fixture_height_2).translate((40, 0, 0)))


fixture = make_fixture()


def make_bridge():
    return cq.Workplane("XY").box(bridge_length, bridge_width, bridge_height).translate((20.0, 0.0, 0.0))


bridge = make_bridge()
fixture = fixture.union(bridge)
