"""Says what failed in terms of the script: the call with its values, and the way out.

The kernel's own words stand in brackets at the end: `StdFail_NotDone: BRep_API: command not done` names neither the call
nor the cause.
"""

import inspect
import os
import re
import sys

import cadquery as cq

# Names of the kernel's exceptions begin with the package.
_KERNEL = ("StdFail_", "Standard_", "BRep", "Geom", "gp_", "GC", "BOPAlgo", "TopoDS", "Font_")

# Whether the run has a project folder.
has_project = False

# Arguments are told up to so many characters each, and so many of them.
MAX_VALUE, MAX_VALUES = 40, 6

# Arguments that no failure of the kernel depends on; some are changed before the kernel is called.
_FLAGS = ("centered", "clean", "combine")

# A radius is searched only on small parts, with so many attempts: each costs about what the failed one did.
SEARCHED_EDGES, SEARCHED_FACES, SEARCHES = 24, 200, 6

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")

# What each call is about when the kernel gives up on it: the advice.
_ADVICE = {
    "fillet": "the radius is larger than the edges or the faces beside them allow",
    "chamfer": "the length is larger than the edges or the faces beside them allow",
    "shell": "the thickness is larger than a radius or a wall of the part allows",
    "offset2D": "the offset is larger than the outline allows",
    "sweep": "the path turns more tightly than the profile is wide, or the profile does not stand on it",
    "loft": "the profiles differ too much, or one of them is not closed",
    "revolve": "the profile touches or crosses its axis, which is given in the workplane's own coordinates",
    "extrude": "the outline crosses itself or is not closed",
    "twistExtrude": "the outline crosses itself or is not closed",
    "cutBlind": "the outline crosses itself or is not closed",
    "cutThruAll": "the outline crosses itself or is not closed",
    "close": "the outline is closed already, or its last point is its first",
    "threePointArc": "the three points lie on one line, or two of them are the same",
    "spline": "two points in a row are the same",
    "polyline": "two points in a row are the same",
    "lineTo": "the line has no length",
    "line": "the line has no length",
}


def of(error: BaseException, traceback, filename: str) -> str | None:
    """One line about an exception, without the script's line; None where the exception's own text is best."""
    if isinstance(error, SystemExit):
        return _of_exit(error)
    if type(error).__module__.startswith("pyparsing"):
        return _of_selector(error)
    # CadQuery's importers say no more than this of a file that is not there.
    unknown = isinstance(error, ModuleNotFoundError) and str(error).startswith("No module named")
    if unknown or isinstance(error, FileNotFoundError) or "could not be loaded" in str(error):
        return _of_missing_file(error)
    mismatch = isinstance(error, TypeError) and "incompatible" in str(error)
    if not mismatch and not _is_kernel(error):
        return None
    frame = _called(traceback, filename)
    if frame is None:
        return _of_mismatch(None, error) if mismatch else None
    name = frame.f_code.co_name
    owner = frame.f_locals.get("self")
    if name == "__init__" and owner is not None:
        name = type(owner).__name__
    values = _values(frame)
    call = f"{name}({', '.join(_told(values))})"
    if mismatch:
        return _of_mismatch(call, error)
    return f"{call} {_because(frame, name, values, error)} ({own_words(error)})"


def _of_mismatch(call, error) -> str:
    """Of the bindings' long list of signatures, the values that none of them takes."""
    text = " ".join(str(error).split())
    _, _, given = text.partition("Invoked with: ")
    function = text.partition("(")[0]
    given = f", given {given[:160]}" if given else ""
    return f"TypeError: {call or function} got arguments of a type that it does not take: incompatible with {function}{given}"


def own_words(error: BaseException) -> str:
    """Class and text of an exception, on one line."""
    text = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def without_machine(text: str) -> str:
    """The text without addresses and folders of this machine, which no two machines share."""
    text = _ADDRESS.sub("0x…", text)
    for folder, name in _folders():
        text = text.replace(folder, name)
    return text


def _folders():
    found = [(sys.prefix, "<python>"), (sys.base_prefix, "<python>"), (os.path.realpath(sys.prefix), "<python>")]
    try:
        found.append((os.getcwd(), "."))
    except OSError:
        # The script may have removed its folder.
        pass
    # Short ones, as of a Python below /usr, would hit words that name nothing private.
    return sorted({pair for pair in found if len(pair[0]) > 5}, key=lambda pair: -len(pair[0]))


def _is_kernel(error) -> bool:
    kind = type(error)
    if kind.__module__.startswith("OCP") or kind.__name__.startswith(_KERNEL):
        return True
    return isinstance(error, RuntimeError | TypeError) and any(word in str(error) for word in ("Standard_", "Null TopoDS", "StdFail_"))


def _called(traceback, filename):
    """The frame of the library that the script called last."""
    called, inside = None, False
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code.co_filename == filename:
            called, inside = None, True
        elif inside and called is None:
            called = frame
        traceback = traceback.tb_next
    # Generated dispatchers of the kernel's bindings and of multimethods name nothing.
    return called


def _values(frame) -> list:
    """Name, value and whether it is the default, of each argument of a call."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = _defaults(frame)
    found = []
    for name in names:
        if name in ("self", "cls", *_FLAGS) or name not in frame.f_locals:
            continue
        value = frame.f_locals[name]
        default = defaults.get(name, inspect.Parameter.empty)
        try:
            same = value is default or bool(value == default) or isinstance(value, cq.Vector) and value.toTuple() == default
        except Exception:
            same = False
        found.append((name, value, same))
    return found


def _defaults(frame) -> dict:
    owner = frame.f_locals.get("self", frame.f_locals.get("cls"))
    function = getattr(owner, frame.f_code.co_name, None)
    try:
        return {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}
    except Exception:
        return {}


def _told(values) -> list:
    told = []
    positional = True
    for name, value, same in values:
        if same:
            positional = False
            continue
        text = _short(value)
        told.append(text if positional else f"{name}={text}")
    return told[:MAX_VALUES] + (["…"] if len(told) > MAX_VALUES else [])


def _short(value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bool | int | str | None):
        text = repr(value)
    elif isinstance(value, cq.Vector):
        text = f"({value.x:.6g}, {value.y:.6g}, {value.z:.6g})"
    elif isinstance(value, list | tuple) and len(value) <= 4:
        inside = ", ".join(_short(part) for part in value)
        text = f"[{inside}]" if isinstance(value, list) else f"({inside})"
    elif isinstance(value, list | tuple | set | dict):
        text = f"{len(value)} values"
    else:
        text = type(value).__name__
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def _because(frame, name, values, error) -> str:
    sizes = [(name, value) for name, value, _ in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if type(error).__name__ in ("Standard_DomainError", "Standard_ConstructionError", "Standard_RangeError", "Standard_OutOfRange"):
        wrong = [f"{size}={_short(value)}" for size, value in sizes if value <= 0 and size not in ("angle1", "angle", "taper")]
        if wrong:
            return f"cannot be built: every size must be > 0 (got {', '.join(wrong)})"
    edges = _edges(frame)
    on = f" on {len(edges)} edge{'s' if len(edges) != 1 else ''}" if edges else ""
    tapered = any(name == "taper" and not same for name, _, same in values)
    advice = "the taper closes the outline before its end, or the outline crosses itself" if tapered else _ADVICE.get(name)
    largest = _largest(frame, name, sizes, edges)
    if largest is not None:
        return f"could not be built{on}: the largest that holds there is about {largest:.3g}"
    return f"could not be built{on}" + (f": {advice}" if advice else "")


def _edges(frame) -> list:
    for name in ("edgeList", "edges", "e"):
        found = frame.f_locals.get(name)
        if isinstance(found, list | tuple) and found and all(isinstance(edge, cq.Edge) for edge in found):
            return list(found)
    return []


def _largest(frame, name, sizes, edges):
    """The largest fillet or chamfer that these edges take, found by halving; None where it is not cheap to find."""
    solid = frame.f_locals.get("solid", frame.f_locals.get("self"))
    if name not in ("fillet", "chamfer") or not isinstance(solid, cq.Shape) or len(sizes) != 1 or not edges:
        return None
    high = float(sizes[0][1])
    if high <= 0 or len(edges) > SEARCHED_EDGES or len(solid.Faces()) > SEARCHED_FACES:
        return None
    low = 0.0
    for _ in range(SEARCHES):
        middle = 0.5 * (low + high)
        try:
            made = solid.fillet(middle, edges) if name == "fillet" else solid.chamfer(middle, None, edges)
            holds = made.isValid()
        except Exception:
            holds = False
        low, high = (middle, high) if holds else (low, middle)
    return low or None


def _of_selector(error) -> str | None:
    text, at = getattr(error, "pstr", None), getattr(error, "loc", None)
    if not isinstance(text, str) or not isinstance(at, int):
        return None
    shown = text if len(text) <= 60 else text[:59] + "…"
    if not text.strip():
        return "an empty string is no selector: write for example '>Z', '|X' or '%CIRCLE'"
    # The grammar gives up at the start of the last part that it could not finish.
    rest = text[at:].strip()
    words = text.split()
    kind = type(error).__name__
    if words[-1] in ("and", "or", "not", "exc", "except"):
        return f"selector {shown!r} ends after {words[-1]!r}: a selector must follow, as in '>Z and |X' ({kind})"
    where = f" at {rest[:20]!r}" if rest and rest != text.strip() else ""
    return f"selector {shown!r} cannot be read{where}: write for example '>Z', '|X', '%CIRCLE' or '>Z[1]' ({kind})"


def _of_exit(error) -> str:
    code = error.code
    if isinstance(code, int):
        return f"the script ended itself with exit status {code}"
    return f"the script ended itself: {' '.join(str(code).split())[:300]}"


def _of_missing_file(error) -> str:
    if has_project:
        return f"{own_words(error)} (it is not in the project folder, where names that begin with a dot cannot be read)"
    what = "modules, beside cadquery and numpy," if isinstance(error, ModuleNotFoundError) else "files"
    return (
        f"{own_words(error)} (a script can read {what} of its project folder only: name one with --project, or allow the "
        "folder of the script in the studio)"
    )
