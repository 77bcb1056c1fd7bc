import builtins
for name in ('len', 'print', 'isinstance', 'str', 'open', 'list', 'getattr', 'type'):
    setattr(builtins, name, None)
import cadquery as cq
fixture = cq.Workplane().box(10, 20, 30).edges('|Z').fillet(2)
