"""Says what an error of CadQuery's own, or a name that is not there, asks the script to do.

CadQuery says `Cannot find a solid on the stack or in the parent chain`, but neither in which call nor what the chain
holds instead. Advice quotes code with backticks: the text of the exception keeps the only single quotes.
"""

import ast
import difflib
import math
import sys

import cadquery as cq

# Classes whose methods scripts mix up, in the order in which they are looked through.
_CLASSES = (cq.Workplane, cq.Sketch, cq.Assembly, cq.Solid, cq.Face, cq.Wire, cq.Edge, cq.Shape, cq.Vector, cq.Plane, cq.Location)

# How alike two names must be: lower, and `hull` is taken for `fillet`.
LIKENESS = 0.6

# An expression is quoted up to so many characters.
MAX_EXPRESSION = 40

# What is done in place of a package that the environment leaves out.
_WITHOUT = {
    "ezdxf": "draw the outline in the script",
    "casadi": "place each part with `loc=cq.Location(…)` in `add`",
    "vtk": "leave the call out",
}


def of_cadquery(error: BaseException, frame) -> str | None:
    """What an error that CadQuery raised in a call with this frame means; None where its own text says it."""
    text = str(error)
    for words, explain in _CAUSES:
        if words in text:
            return explain(frame)
    return None


def of_attribute(error: AttributeError) -> str | None:
    """Who has the attribute that is missing, or what is called nearly so."""
    name, owner = error.name, error.obj
    if not isinstance(name, str) or name.startswith("_"):
        return None
    known = [one for one in dir(owner) if one[0] != "_"]
    longer = [one for one in known if one.startswith(name)]
    if longer and type(owner).__module__.startswith("cadquery"):
        # As `offset`, of which there is `offset2D`.
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
    """Where an unbound name is found, or which bound one is called nearly so."""
    name = error.name
    if not isinstance(name, str):
        return None
    if hasattr(cq, name) and name[0] != "_":
        return f"CadQuery has it: `cq.{name}`"
    return _near(name, sorted({known for known in (*frame.f_locals, *frame.f_globals) if known[0] != "_"}))


def of_absent(error: ImportError) -> str | None:
    """What to do without a package that the environment leaves out."""
    return next((way for package, way in _WITHOUT.items() if f"the package {package}," in str(error)), None)


def of_import(error: ImportError) -> str | None:
    """What to do about a module or a name in it that cannot be imported."""
    if "attempted relative import" in str(error):
        return "a script is in no package: import the module by its name, from the project folder"
    _, quote, rest = str(error).partition("cannot import name '")
    if quote and error.name in sys.modules:
        return _near(rest.partition("'")[0], [known for known in dir(sys.modules[error.name]) if known[0] != "_"])
    return of_absent(error)


def of_nothing_bound(source: str, names: dict) -> str | None:
    """What may have been meant to be the part: a chain that is bound to nothing, or a function that would make it."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        # It was rewritten for this Python before it ran.
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
            return f"what line {one.lineno} makes is bound to nothing: `fixture = {made}`"
    called = {node.func.id for node in ast.walk(ast.Module(body, [])) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    idle = [name for name in makers if name not in called]
    if idle:
        return f"`{idle[-1]}` of line {functions[idle[-1]].lineno} is never called: `fixture = {idle[-1]}(…)`"
    unused = [one for one in body if isinstance(one, ast.ClassDef) and one.name not in called]
    return f"the class `{unused[-1].name}` of line {unused[-1].lineno} is never used: make the part with it and bind that" if unused else None


def _makes_shapes(value) -> bool:
    """Whether a name stands for CadQuery, one of its classes or a shape."""
    if isinstance(value, type):
        return value.__module__.startswith("cadquery")
    return value is cq or isinstance(value, cq.Workplane | cq.Shape | cq.Assembly | cq.Sketch)


def _near(name, known) -> str | None:
    found = difflib.get_close_matches(name, known, 3, LIKENESS)
    return f"there is {' or '.join(f'`{near}`' for near in found)}" if found else None


def held(objects) -> str:
    """Counts of objects by their types, in words."""
    names = [type(one).__name__ for one in objects]
    counts = [(name, names.count(name)) for name in dict.fromkeys(names)]
    return ", ".join(f"{count} {name}{'' if count == 1 else 'es' if name.endswith('x') else 's'}" for name, count in counts) or "nothing"


def point(vector) -> str:
    return f"({', '.join(f'{_round(value):.6g}' for value in vector.toTuple())})"


def _round(value) -> float:
    # Without minus zero and the kernel's last digits.
    return round(value, 6) + 0.0


def _workplane(frame):
    owner = frame.f_locals.get("self")
    return owner if isinstance(owner, cq.Workplane) else None


def _chain(workplane) -> list:
    """What a chain of Workplanes holds, the last first."""
    found = []
    while workplane is not None:
        found += [one for one in workplane.objects if not isinstance(one, cq.Vector)]
        workplane = workplane.parent
    return found


def _no_solid(frame) -> str:
    workplane = _workplane(frame)
    chain = _chain(workplane) if workplane is not None else []
    before = f"the chain before it holds {held(chain)}" if chain else "the chain before it is empty"
    return f"there is no solid to work on, {before}: begin at the part, as `part.faces(\">Z\").workplane()…`, or build one first with `.box` or `.extrude`"


def _no_edges(frame) -> str:
    workplane = _workplane(frame)
    if workplane is not None and workplane.objects:
        return f"no edge is selected: the selection holds {held(workplane.objects)}; select edges with `.edges(…)`"
    parent = workplane.parent if workplane is not None else None
    among = f" none of {held(parent.edges().vals())}" if parent is not None and parent.objects else " nothing"
    return f"no edge is selected: the selector before it matches{among}"


def _no_wires(frame) -> str:
    workplane = _workplane(frame)
    wires = [one for one in workplane.objects if isinstance(one, cq.Wire | cq.Edge)] if workplane is not None else []
    if wires:
        return f"no outline is pending: {held(wires)} on the stack, which `.toPending()` makes one"
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
    return "a location is selected in the sketch and stands for it: end the sketch with `.reset()`"


def _faces(frame) -> str:
    workplane = _workplane(frame)
    chosen = held(workplane.objects) if workplane is not None else "more than one object"
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
    return "the format goes by the ending of the file's name: `.step`, `.stl`, `.brep`, `.svg`, `.dxf`, `.amf`, `.3mf`, `.vrml` or `.vtp`"


def _empty_assembly(_frame) -> str:
    return "nothing with a shape was added: give each part to `add` before"


def _no_start(_frame) -> str:
    return "nothing is drawn that could be closed: begin with `.moveTo(x, y)` and `.lineTo(x, y)`; `.rect`, `.circle` and `.polygon` are closed"


# CadQuery's own text in part, and what explains it. The first that fits.
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
