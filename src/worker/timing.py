"""Times the top-level statements and the kernel's operations of a run, for `--timing`.

An operation is one of those that variants reuse; one that calls another counts alone, as a whole.
"""

# Bound before the clock is fixed, so that these times are real and those that scripts read are not.
from time import monotonic_ns

import cadforge_reuse as reuse

# More would only fill the report of a script that loops.
MAX_STAGES = 4000

# (name, begin in ns, end in ns)
_stages: list = []
_on = False
_inside = False


def install() -> None:
    """Begins to time, in a process that runs one script."""
    global _on
    _on = True
    reuse.replace_all(_timed)


def begin() -> int | None:
    """When a stage begins; `None` if nothing is timed."""
    return monotonic_ns() if _on else None


def end(name: str, began: int) -> None:
    """Records a stage that began at `began`."""
    if len(_stages) < MAX_STAGES:
        _stages.append((name, began, monotonic_ns()))


def line(code) -> int:
    """The first line of a step; `co_firstlineno` of a module's code is 1."""
    return next((number for _, _, number in code.co_lines() if number), 1)


def stages() -> list:
    return _stages


def _timed(label: str, known):
    def timed(*given, **named):
        global _inside
        if _inside:
            return known(*given, **named)
        _inside = True
        began = monotonic_ns()
        try:
            return known(*given, **named)
        finally:
            _inside = False
            end(label, began)

    return timed
