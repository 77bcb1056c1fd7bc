import sys, cadquery as cq
open('helper.py', 'w').write('size = 7')
sys.path.insert(0, '.')
import helper
fixture = cq.Workplane().box(helper.size, 2, 3)
