"""Keeps the interpreter single-threaded: to be loaded before numpy, whose BLAS starts a thread at import.

A second thread in the zygote would make every fork a gamble.
"""

import os

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"
