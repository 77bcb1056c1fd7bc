import cadquery as cq
raise ValueError(cq.__file__)
