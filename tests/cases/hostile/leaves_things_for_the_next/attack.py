import builtins, cadquery as cq, sys, os
builtins.marker = 1
cq.marker = 1
os.environ['MARKER'] = '1'
sys.modules['marker'] = sys
open('marker', 'w').write('x')
import random
random.seed(99)
import cadquery as cq
fixture = cq.Workplane().box(10, 20, 30).edges('|Z').fillet(2)
