from cadquery import Workplanes
result = Workplanes().box(1, 2, 3)
