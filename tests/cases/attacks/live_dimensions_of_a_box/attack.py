import cadquery as cq

reach_0 = 20.0
reach_1 = 20.0
reach_2 = 20.0
reach_3 = 20.0
reach_4 = 20.0
reach_5 = 20.0
reach_6 = 20.0
reach_7 = 20.0
width_0 = 15.0
width_1 = 15.0
width_2 = 15.0
width_3 = 15.0
width_4 = 15.0
width_5 = 15.0
height = 180.0
reach = reach_0 + reach_1 + reach_2 + reach_3 + reach_4 + reach_5 + reach_6 + reach_7
width = width_0 + width_1 + width_2 + width_3 + width_4 + width_5
fixture = cq.Workplane("XY").box(reach, width, height).translate((reach / 2, 0, height / 2))
