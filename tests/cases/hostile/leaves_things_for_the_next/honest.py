import builtins, cadquery as cq, os, random, sys
assert not hasattr(builtins, 'marker') and not hasattr(cq, 'marker')
assert 'MARKER' not in os.environ and 'marker' not in sys.modules and not os.path.exists('marker')
fixture = cq.Workplane().box(1 + random.random(), 2, 3)
