import cadquery as cq
open('own.txt', 'w').write('mine')
fixture = cq.Workplane().box(1, 2, len(open('own.txt').read()))
