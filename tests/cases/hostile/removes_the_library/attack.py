import os, cadquery
os.remove(cadquery.__file__)
