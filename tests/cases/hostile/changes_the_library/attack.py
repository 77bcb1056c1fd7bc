import cadquery
open(cadquery.__file__, 'a').write('x')
