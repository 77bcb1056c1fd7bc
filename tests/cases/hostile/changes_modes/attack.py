import os, cadquery
os.chmod(cadquery.__file__, 0)
