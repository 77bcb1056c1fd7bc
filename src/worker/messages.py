"""Describes failures in terms of the script: the call with its values, and how to fix it.

The kernel's own text follows in brackets: `StdFail_NotDone: BRep_API: command not done` names neither the call nor the
cause.
"""

import inspect
import os
import re
import sys

import cadquery as cq

import cadforge_advice as advice
import cadforge_diagnosis as diagnosis

# Prefixes of the kernel's exception names.
_KERNEL = ("StdFail_", "Standard_", "BRep", "Geom", "gp_", "GC", "BOPAlgo", "TopoDS", "Font_")

# Whether the run has a project folder.
has_project = False

# Length of each quoted argument, and their number.
MAX_VALUE, MAX_VALUES = 40, 6

# Arguments that no kernel failure depends on; CadQuery changes some before it calls the kernel.
_FLAGS = ("centered", "clean", "combine")

# Sizes that may be negative.
_SIGNED = ("angle", "angle1", "angle2", "angleDegrees", "d", "depth", "distance", "offset", "taper", "thickness", "until", "xDist", "yDist")

# Methods that scripts call by an operator.
_OPERATORS = {"__add__": "+", "__sub__": "-", "__mul__": "*", "__truediv__": "/", "__and__": "&", "__or__": "|"}

_CADQUERY = os.path.dirname(os.path.abspath(cq.__file__)) + os.sep

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")

# The usual cause when the kernel fails in each call.
_ADVICE = {
    "fillet": "the radius is larger than the edges or the faces beside them allow",
    "chamfer": "the length is larger than the edges or the faces beside them allow",
    "shell": "the thickness is larger than a radius or a wall of the part allows",
    "hollow": "the thickness is larger than a radius or a wall of the part allows",
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
    """Describes an exception in one line, without the script's line; None where the exception's own text is better."""
    if isinstance(error, SystemExit):
        return _of_exit(error)
    if type(error).__module__.startswith("pyparsing"):
        return _of_selector(error)
    # CadQuery's importers raise only this for a missing file.
    unknown = isinstance(error, ModuleNotFoundError) and str(error).startswith("No module named")
    if unknown or isinstance(error, FileNotFoundError) or "could not be loaded" in str(error):
        return _of_missing_file(error)
    if isinstance(error, ImportError):
        return _with_advice(error, advice.of_import(error))
    frame = _called(traceback, filename)
    if isinstance(error, NameError):
        return _with_advice(error, advice.of_name(error, _last(traceback, filename)))
    if isinstance(error, AttributeError):
        return _with_advice(error, advice.of_attribute(error) or _in_call(frame))
    mismatch = isinstance(error, TypeError) and "incompatible" in str(error)
    if frame is None:
        return _of_mismatch(None, error) if mismatch else None
    is_kernel = mismatch or _is_kernel(error)
    name, values = _name(frame), _values(frame, flags=not is_kernel)
    call = _call(frame, name, values)
    if mismatch:
        # If a corner is cut too far, CadQuery takes a non-face result of the kernel for a face.
        is_corner = name in ("chamfer2D", "fillet2D")
        return f"{call} {_cause(frame, name, values, error)} (TypeError)" if is_corner else _of_mismatch(call, error)
    if is_kernel:
        return f"{call} {_cause(frame, name, values, error)} ({exception_text(error)})"
    if not frame.f_code.co_filename.startswith(_CADQUERY):
        return None
    cause = advice.of_cadquery(error, frame)
    return f"{call}: {cause} ({exception_text(error)})" if cause else f"{call} failed ({exception_text(error)})"


def is_absent(error: ImportError) -> bool:
    """Whether the missing package is one that the environment leaves out on purpose."""
    return advice.of_absent(error) is not None


def leaves_nothing(error: BaseException) -> bool:
    """Whether an error means that there is no geometry: CadQuery raises a bare Exception for it."""
    return type(error) is Exception and str(error).endswith("has no shapes.")


def _with_advice(error, advice_text) -> str | None:
    return f"{exception_text(error)}: {advice_text}" if advice_text else None


def _in_call(frame) -> str | None:
    """Names the call of CadQuery in which the error occurred."""
    if frame is None or not frame.f_code.co_filename.startswith(_CADQUERY):
        return None
    # Readers of exception texts look for their single quotes.
    call = _call(frame, _name(frame), _values(frame, flags=True)).replace("'", '"')
    return f"in `{call}`, whose arguments may be of the wrong type"


def _name(frame) -> str:
    name, owner = frame.f_code.co_name, frame.f_locals.get("self")
    return type(owner).__name__ if name == "__init__" and owner is not None else name


def _call(frame, name, values) -> str:
    quoted = ", ".join(_quoted_values(values))
    if name in _OPERATORS:
        return f"{type(frame.f_locals.get('self')).__name__} {_OPERATORS[name]} {quoted}"
    return f"{name}({quoted})"


def _of_mismatch(call, error) -> str:
    """Of a long list of binding signatures, keeps the values that none of them accepts."""
    text = " ".join(str(error).split())
    _, _, given = text.partition("Invoked with: ")
    function = text.partition("(")[0]
    given = f", given {given[:160]}" if given else ""
    return f"TypeError: {call or function} got arguments of a type that it does not take: incompatible with {function}{given}"


def exception_text(error: BaseException) -> str:
    """Class and text of an exception, on one line."""
    text = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def without_machine_details(text: str) -> str:
    """The text without addresses and folders, which differ between machines."""
    text = _ADDRESS.sub("0x…", text)
    for folder, name in _folders():
        text = text.replace(folder, name)
    return text


def _folders():
    found = [(sys.prefix, "<python>"), (sys.base_prefix, "<python>"), (os.path.realpath(sys.prefix), "<python>")]
    try:
        own = os.getcwd()
        found += [(own, "."), (os.path.dirname(own), "..")]
    except OSError:
        # The script may have removed its folder.
        pass
    # Shorter ones, as of a Python below /usr, would match unrelated words.
    return sorted({pair for pair in found if len(pair[0]) > 5}, key=lambda pair: -len(pair[0]))


def _is_kernel(error) -> bool:
    kind = type(error)
    if kind.__module__.startswith("OCP") or kind.__name__.startswith(_KERNEL):
        return True
    return isinstance(error, RuntimeError | TypeError) and any(word in str(error) for word in ("Standard_", "Null TopoDS", "StdFail_"))


def _called(traceback, filename):
    """The frame of the library function that the script called last."""
    called, inside = None, False
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code.co_filename == filename:
            called, inside = None, True
        elif inside and called is None and not _is_between(frame.f_code.co_filename):
            called = frame
        traceback = traceback.tb_next
    return called


def _is_between(filename: str) -> bool:
    """Whether the file only forwards calls: our wrappers, and the dispatcher of multimethods."""
    return filename.startswith("cadforge_") or f"{os.sep}multimethod" in filename


def _last(traceback, filename):
    """The script's own innermost frame."""
    last = traceback.tb_frame
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            last = traceback.tb_frame
        traceback = traceback.tb_next
    return last


def _values(frame, flags: bool = False) -> list:
    """Name, value and whether it is the default, for each argument of a call; with `flags`, also those of `_FLAGS`."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = _defaults(frame)
    found = []
    for name in names:
        if name in ("self", "cls") or name in _FLAGS and not flags or name not in frame.f_locals:
            continue
        value = frame.f_locals[name]
        default = defaults.get(name, inspect.Parameter.empty)
        try:
            same = value is default or bool(value == default) or isinstance(value, cq.Vector) and value.toTuple() == default
            # CadQuery turns `centered=True` into one value per axis.
            same = same or name in _FLAGS and isinstance(value, tuple) and all(one is default for one in value)
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


def _quoted_values(values) -> list:
    quoted = []
    positional = True
    for name, value, same in values:
        if same:
            positional = False
            continue
        text = _short(value)
        quoted.append(text if positional else f"{name}={text}")
    return quoted[:MAX_VALUES] + (["…"] if len(quoted) > MAX_VALUES else [])


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


def _cause(frame, name, values, error) -> str:
    sizes = [(name, value) for name, value, _ in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if type(error).__name__ in ("Standard_DomainError", "Standard_ConstructionError", "Standard_RangeError", "Standard_OutOfRange"):
        wrong = [f"{size}={_short(value)}" for size, value in sizes if value <= 0 and size not in _SIGNED]
        if wrong:
            return f"cannot be built: every size must be > 0 (got {', '.join(wrong)})"
    edges = diagnosis.edges_of(frame) if name in ("fillet", "chamfer") else []
    on = f" on {len(edges)} edge{'s' if len(edges) != 1 else ''}" if edges else ""
    tapered = any(name == "taper" and not same for name, _, same in values)
    advice_of_call = "the taper closes the outline before its end, or the outline crosses itself" if tapered else _ADVICE.get(name)
    try:
        found = diagnosis.of(name, frame, values, error)
    except Exception:
        # The diagnosed objects may be as broken as the failed call.
        found = None
    cause = found or advice_of_call
    return f"could not be built{on}" + (f": {cause}" if cause else "")


def _of_selector(error) -> str | None:
    text, at = getattr(error, "pstr", None), getattr(error, "loc", None)
    if not isinstance(text, str) or not isinstance(at, int):
        return None
    shown = text if len(text) <= 60 else text[:59] + "…"
    if not text.strip():
        return "an empty string is not a selector: write for example '>Z', '|X' or '%CIRCLE'"
    # The grammar reports the start of the last part that it could not parse.
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
        return f"{exception_text(error)} (it is not in the project folder, where names that begin with a dot cannot be read)"
    if isinstance(error, ModuleNotFoundError):
        what = "import Python's own modules, cadquery, numpy and those of its project folder only: do without this one, or name a folder"
    else:
        what = "read files of its project folder only: name one"
    return f"{exception_text(error)} (a script can {what} with --project, or allow the folder of the script in the studio)"
