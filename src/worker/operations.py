"""Observes booleans and clean-ups of a script: operations without effect, clean-ups that broke a solid.

Costs a count of faces per boolean. Checks by the kernel run only if the finished shape is invalid.
"""

import functools
import sys

import cadquery as cq
from OCP.BRepAlgoAPI import BRepAlgoAPI_Common, BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepCheck import BRepCheck_Analyzer
from OCP.TopAbs import TopAbs_FACE
from OCP.TopExp import TopExp
from OCP.TopTools import TopTools_IndexedMapOfShape

# Effects of an operation, in the order of `OperationEffect` in the protocol.
NOTHING_REMOVED, NOTHING_ADDED, NOTHING_LEFT, BROKEN_BY_CLEAN = range(4)

# Limits of reported remarks, and of clean-ups kept for checking.
MAX_REMARKS, MAX_CLEANS = 8, 64

_KINDS = ((BRepAlgoAPI_Cut, "cut"), (BRepAlgoAPI_Fuse, "union"), (BRepAlgoAPI_Common, "intersect"))

_remarks: list = []
_cleans: list = []
_filename = "candidate.py"


def install(filename: str) -> None:
    """Observes scripts of that file name from now on."""
    global _filename
    _filename = filename
    boolean, clean = cq.Shape._bool_op, cq.Shape.clean

    @functools.wraps(boolean)
    def watched_boolean(self, args, tools, op, *more, **named):
        args, tools = list(args), list(tools)
        result = boolean(self, args, tools, op, *more, **named)
        try:
            _observe(args, tools, op, result)
        except Exception:
            # Remarks are optional: the script's result must not depend on them.
            pass
        return result

    @functools.wraps(clean)
    def watched_clean(self):
        result = clean(self)
        if len(_cleans) < MAX_CLEANS and self.wrapped is not result.wrapped:
            _cleans.append((*_call(2), self.wrapped, result.wrapped))
        return result

    cq.Shape._bool_op, cq.Shape.clean = watched_boolean, watched_clean


def forget() -> None:
    """Resets the observations for another script."""
    _remarks.clear()
    _cleans.clear()


def remarks() -> list:
    """The operations without effect, as `(line, method, effect)`."""
    return _remarks


def find_broken_clean():
    """The first clean-up that made a valid shape invalid, as `(line, method, effect)`; None if there is none."""
    for line, method, before, after in _cleans:
        if not BRepCheck_Analyzer(after).IsValid() and BRepCheck_Analyzer(before).IsValid():
            return line, method, BROKEN_BY_CLEAN
    return None


def _observe(args, tools, op, result) -> None:
    kind = next((name for of, name in _KINDS if isinstance(op, of)), None)
    if kind is None or len(_remarks) >= MAX_REMARKS:
        return
    left = _faces([result])
    if kind != "union" and left.Extent() == 0:
        effect = NOTHING_LEFT if _faces(args).Extent() else None
    elif kind == "intersect":
        # Scripts trim by intersecting with something larger, which need not remove anything.
        effect = None
    elif kind == "cut":
        effect = NOTHING_REMOVED if _same(left, _faces(args)) else None
    else:
        # A union whose tool lies inside the part has the part's own faces, and the other way round.
        both = [*args, *tools]
        whole = len(both) > 1 and any(_same(left, _faces([one])) for one in both)
        effect = NOTHING_ADDED if whole else None
    if effect is None:
        return
    line, method = _call(3)
    remark = (line, method or kind, effect)
    if line and remark not in _remarks:
        _remarks.append(remark)


def _faces(shapes):
    table = TopTools_IndexedMapOfShape()
    for shape in shapes:
        if shape.wrapped is not None:
            TopExp.MapShapes_s(shape.wrapped, TopAbs_FACE, table)
    return table


def _same(one, other) -> bool:
    """Whether both hold the same faces: the kernel reuses faces that an operation did not change."""
    if one.Extent() != other.Extent():
        return False
    return all(other.Contains(one.FindKey(index)) for index in range(1, one.Extent() + 1))


def _call(depth: int):
    """The script's line and the CadQuery method that it called, `depth` frames up."""
    frame, method = sys._getframe(depth), None
    while frame is not None:
        if frame.f_code.co_filename == _filename:
            return frame.f_lineno, method
        method = frame.f_code.co_name
        frame = frame.f_back
    return 0, method
