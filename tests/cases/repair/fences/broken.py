Sure, here is the part:

```python
import cadquery as cq

fixture = cq.Workplane("XY").box(10, 20, 30)
```
It is a box.
