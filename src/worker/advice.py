"""Advice on errors that CadQuery raises itself, and on unknown names.

CadQuery says `Cannot find a solid on the stack or in the parent chain`, but not in which call nor what the chain holds.
Advice quotes code with backticks: single quotes occur only in the exception's own text.
"""

import ast
import difflib
import math
import sys

import cadquery as cq

# Classes whose methods scripts confuse, in search order.
_CLASSES = (cq.Workplane, cq.Sketch, cq.Assembly, cq.Solid, cq.Face, cq.Wire, cq.Edge, cq.Shape, cq.Vector, cq.Plane, cq.Location)

# Required similarity of two names: with a lower value, `hull` matches `fillet`.
MIN_SIMILARITY = 0.6

# Maximum length of a quoted expression.
MAX_EXPRESSION = 40

# Replacements for packages that the environment leaves out.
_REPLACEMENTS = {
    "ezdxf": "draw the outline in the script",
    "casadi": "place each part with `loc=cq.Location(…)` in `add`",
    "vtk": "leave the call out",
}


def of_cadquery(error: BaseException, frame) -> str | None:
    """Explains an error that CadQuery raised in a call with this frame; None where its own text explains it."""
    text = str(error)
    for words, explain in _CAUSES:
        if words in text:
            return explain(frame)
    return None


def of_attribute(error: AttributeError) -> str | None:
    """Names the class that has the missing attribute, or a similar attribute."""
    name, owner = error.name, error.obj
    if not isinstance(name, str) or name.startswith("_"):
        return None
    known = [one for one in dir(owner) if one[0] != "_"]
    longer = [one for one in known if one.startswith(name)]
    if longer and type(owner).__module__.startswith("cadquery"):
        # As for `offset`, which CadQuery calls `offset2D`.
        return _near(name, longer)
    if isinstance(owner, cq.Workplane) and callable(getattr(cq.Shape, name, None)):
        return f"a shape has it: `.val().{name}(…)`"
    if type(owner).__module__.startswith("cadquery"):
        other = next((cls for cls in _CLASSES if not isinstance(owner, cls) and callable(getattr(cls, name, None))), None)
        if other is cq.Sketch and isinstance(owner, cq.Workplane):
            return "a Sketch has it: draw with `cq.Sketch()`, then `.placeSketch(sketch).extrude(h)`"
        if other is not None:
            return f"{other.__name__} has it"
    elif not getattr(owner, "__name__", "").startswith("cadquery"):
        return None
    return _near(name, known)


def of_name(error: NameError, frame) -> str | None:
    """Says where an unbound name is defined, or names a similar one."""
    name = error.name
    if not isinstance(name, str):
        return None
    if hasattr(cq, name) and name[0] != "_":
        return f"CadQuery has it: `cq.{name}`"
    return _near(name, sorted({known for known in (*frame.f_locals, *frame.f_globals) if known[0] != "_"}))


def of_absent(error: ImportError) -> str | None:
    """Names a replacement for a package that the environment leaves out."""
    return next((replacement for package, replacement in _REPLACEMENTS.items() if f"the package {package}," in str(error)), None)


def of_import(error: ImportError) -> str | None:
    """Explains a module, or a name in it, that cannot be imported."""
    if "attempted relative import" in str(error):
        return "a script is not part of a package: import the module by its name, from the project folder"
    _, quote, rest = str(error).partition("cannot import name '")
    if quote and error.name in sys.modules:
        return _near(rest.partition("'")[0], [known for known in dir(sys.modules[error.name]) if known[0] != "_"])
    return of_absent(error)


def of_nothing_bound(source: str, names: dict) -> str | None:
    """Finds the likely part when nothing is bound: an unassigned chain, or a function that returns a part."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        # It was rewritten for this Python version before it ran.
        return None
    functions = {one.name: one for one in body if isinstance(one, ast.FunctionDef)}
    makers = [name for name, one in functions.items() if any(isinstance(node, ast.Return) and node.value for node in ast.walk(one))]
    calls = [one for one in body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)]
    for one in reversed(calls):
        root = one.value.func
        while isinstance(root, ast.Attribute | ast.Call | ast.Subscript):
            root = root.func if isinstance(root, ast.Call) else root.value
        is_chain = isinstance(one.value.func, ast.Attribute) and isinstance(root, ast.Name) and _makes_shapes(names.get(root.id))
        if is_chain or isinstance(one.value.func, ast.Name) and one.value.func.id in makers:
            made = ast.unparse(one.value)
            made = made if len(made) <= MAX_EXPRESSION else f"{made[: MAX_EXPRESSION - 1]}…"
            return f"the result of line {one.lineno} is bound to nothing: `fixture = {made}`"
    called = {node.func.id for node in ast.walk(ast.Module(body, [])) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    idle = [name for name in makers if name not in called]
    if idle:
        return f"`{idle[-1]}` of line {functions[idle[-1]].lineno} is never called: `fixture = {idle[-1]}(…)`"
    unused = [one for one in body if isinstance(one, ast.ClassDef) and one.name not in called]
    return f"the class `{unused[-1].name}` of line {unused[-1].lineno} is never used: make the part with it and bind that" if unused else None


def _makes_shapes(value) -> bool:
    """Whether a value is CadQuery, one of its classes or a shape."""
    if isinstance(value, type):
        return value.__module__.startswith("cadquery")
    return value is cq or isinstance(value, cq.Workplane | cq.Shape | cq.Assembly | cq.Sketch)


def _near(name, known) -> str | None:
    found = difflib.get_close_matches(name, known, 3, MIN_SIMILARITY)
    return f"there is {' or '.join(f'`{near}`' for near in found)}" if found else None


def counts_by_type(objects) -> str:
    """Counts of objects by type, as text."""
    names = [type(one).__name__ for one in objects]
    counts = [(name, names.count(name)) for name in dict.fromkeys(names)]
    return ", ".join(f"{count} {name}{'' if count == 1 else 'es' if name.endswith('x') else 's'}" for name, count in counts) or "nothing"


def point(vector) -> str:
    return f"({', '.join(f'{_round(value):.6g}' for value in vector.toTuple())})"


def _round(value) -> float:
    # Removes minus zero and rounding errors of the kernel.
    return round(value, 6) + 0.0


def _workplane(frame):
    owner = frame.f_locals.get("self")
    return owner if isinstance(owner, cq.Workplane) else None


def _chain(workplane) -> list:
    """The objects of a chain of Workplanes, the last first."""
    found = []
    while workplane is not None:
        found += [one for one in workplane.objects if not isinstance(one, cq.Vector)]
        workplane = workplane.parent
    return found


def _no_solid(frame) -> str:
    workplane = _workplane(frame)
    chain = _chain(workplane) if workplane is not None else []
    before = f"the chain before it holds {counts_by_type(chain)}" if chain else "the chain before it is empty"
    return f"there is no solid to work on, {before}: begin at the part, as `part.faces(\">Z\").workplane()…`, or build one first with `.box` or `.extrude`"


def _no_edges(frame) -> str:
    workplane = _workplane(frame)
    if workplane is not None and workplane.objects:
        return f"no edge is selected: the selection holds {counts_by_type(workplane.objects)}; select edges with `.edges(…)`"
    parent = workplane.parent if workplane is not None else None
    among = f" none of {counts_by_type(parent.edges().vals())}" if parent is not None and parent.objects else " nothing"
    return f"no edge is selected: the selector before it matches{among}"


def _no_wires(frame) -> str:
    workplane = _workplane(frame)
    wires = [one for one in workplane.objects if isinstance(one, cq.Wire | cq.Edge)] if workplane is not None else []
    if wires:
        return f"no outline is pending: {counts_by_type(wires)} on the stack, which `.toPending()` makes one"
    return "no outline is pending: draw one in the same chain, as with `.rect`, `.circle` or `.polyline(…).close()`; an earlier call has used up what was drawn before it"


def _one_profile(_frame) -> str:
    return "there is only one profile: draw another one on `.workplane(offset=…)` before it"


def _open_wire(frame) -> str:
    workplane = _workplane(frame)
    wires = [one for one in _chain(workplane) if isinstance(one, cq.Wire)] if workplane is not None else []
    wire = next((one for one in wires if not one.IsClosed()), None)
    where = ""
    if wire is not None:
        start, end = wire.startPoint(), wire.endPoint()
        if (end - start).Length > 1e-9:
            where = f": it begins at {point(start)} and ends at {point(end)}"
    return f"the outline is not closed{where}; end it with `.close()`"


def _not_planar(frame) -> str:
    return "the outlines do not lie in one plane: one call takes those of one workplane"


def _location(_frame) -> str:
    return "the sketch has a location selected, which is used in its place: end the sketch with `.reset()`"


def _faces(frame) -> str:
    workplane = _workplane(frame)
    chosen = counts_by_type(workplane.objects) if workplane is not None else "more than one object"
    return f"a workplane needs one object or faces in one plane, and the selection holds {chosen}: select one face, as with `.faces(\">Z\")`"


def _tangents(frame) -> str | None:
    points, tangents = frame.f_locals.get("listOfXYTuple"), frame.f_locals.get("tangents")
    try:
        count = len(list(points)) + bool(frame.f_locals.get("includeCurrent"))
        return f"{len(list(tangents))} tangents for {count} points: give 2, for both ends, or one for each point, with None where it is free"
    except TypeError:
        return None


def _radius(frame) -> str | None:
    workplane = _workplane(frame)
    end = frame.f_locals.get("endPoint")
    if workplane is None or end is None:
        return None
    start = workplane._findFromPoint(useLocalCoords=True)
    half = 0.5 * math.dist((start.x, start.y), tuple(cq.Vector(end).toTuple()[:2]))
    return f"the ends are {2 * half:.6g} apart, so the radius must be at least {half:.6g}"


def _extension(_frame) -> str:
    return "the extension of the file's name selects the format: `.step`, `.stl`, `.brep`, `.svg`, `.dxf`, `.amf`, `.3mf`, `.vrml` or `.vtp`"


def _empty_assembly(_frame) -> str:
    return "nothing with a shape was added: pass each part to `add` first"


def _no_start(_frame) -> str:
    return "there is no outline to close: begin with `.moveTo(x, y)` and `.lineTo(x, y)`; `.rect`, `.circle` and `.polygon` are closed"


# Part of CadQuery's text, and its explanation. The first match is used.
_CAUSES = (
    ("Cannot find a solid", _no_solid),
    ("edges be selected", _no_edges),
    ("No pending wires", _no_wires),
    ("No pending edges", _no_wires),
    ("Nothing to loft", _no_wires),
    ("More than one wire", _one_profile),
    ("wire is not closed", _open_wire),
    ("wires not planar", _not_planar),
    ("Location was provided", _location),
    ("must be planar faces", _faces),
    ("must be co-planar", _faces),
    ("for each interpolation point", _tangents),
    ("Arc radius is not large enough", _radius),
    ("No start point specified", _no_start),
    ("Unknown extension", _extension),
    ("has no shapes.", _empty_assembly),
)
