"""Keeps the interpreter single-threaded; imported before numpy, whose BLAS starts threads on import.

A fork copies only the calling thread: a second thread in the zygote could leave locks held for ever.
"""

import os

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"
