import os, cadquery as cq
os.environ['SIZE'] = '12'
fixture = cq.Workplane().box(int(os.environ['SIZE']), 2, 3)
