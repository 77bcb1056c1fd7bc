"""Writes the API of the installed CadQuery as JSON: classes, members, parameters with defaults, first doc lines.

    .venv/bin/python python/api_index.py > assets/api/cadquery.json

Rules look up invented calls in it; a test creates the file again and compares.
"""

import inspect
import json
import sys

import cadquery as cq

CLASSES = (
    "Workplane Sketch Assembly Plane Vector Location Matrix BoundBox Color Shape Vertex Edge Wire Face Shell Solid Compound "
    "Selector NearestToPointSelector ParallelDirSelector DirectionSelector PerpendicularDirSelector TypeSelector "
    "DirectionMinMaxSelector StringSyntaxSelector"
).split()
MODULES = ("exporters", "importers", "selectors")


def main() -> None:
    index = {
        "cadquery": cq.__version__,
        "module": {name: kind(getattr(cq, name)) for name in public(cq)},
        "modules": {name: sorted(defined_in(getattr(cq, name))) for name in MODULES},
        "classes": {name: describe_class(getattr(cq, name)) for name in CLASSES},
    }
    json.dump(index, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


def describe_class(cls: type) -> dict:
    members = {}
    for name in public(cls):
        raw = inspect.getattr_static(cls, name)
        value = getattr(cls, name)
        if isinstance(raw, property) or not callable(value):
            members[name] = {"kind": "property"}
        else:
            how = {staticmethod: "static", classmethod: "class"}.get(type(raw), "method")
            members[name] = {"kind": how, "params": parameters(raw, value, how)}
        if line := first_line(value if callable(value) else raw):
            members[name]["doc"] = line
    made = inspect.getattr_static(cls, "__init__")
    bases = [base.__name__ for base in cls.__mro__[1:] if base.__name__ in CLASSES]
    return {"bases": bases, "doc": first_line(cls), "params": parameters(made, made, "method"), "members": members}


def parameters(raw, value, how: str):
    """The parameters of a caller, or None for several overloads."""
    function = getattr(raw, "__func__", raw)
    # A dispatcher of several overloads hides their signatures; None keeps rules from checking arguments.
    if type(function).__name__ in ("multimethod", "multidispatch", "overload"):
        return None
    try:
        listed = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    if how != "static":
        listed = listed[1:]
    return [describe(parameter) for parameter in listed]


def describe(parameter: inspect.Parameter) -> dict:
    described = {"name": parameter.name}
    if parameter.default is not inspect.Parameter.empty:
        described["default"] = default(parameter.default)
    star = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(parameter.kind)
    if star:
        described["star"] = star
    return described


def default(value) -> str:
    text = repr(value)
    # Memory addresses differ between runs.
    return text if " at 0x" not in text else f"<{type(value).__name__}>"


def first_line(value) -> str:
    text = inspect.getdoc(value) or ""
    return text.strip().split("\n")[0].strip()[:160]


def kind(value) -> str:
    if inspect.isclass(value):
        return "class"
    if inspect.ismodule(value):
        return "module"
    return "function" if callable(value) else "value"


def public(owner) -> list[str]:
    return sorted(name for name in dir(owner) if not name.startswith("_"))


def defined_in(module) -> list[str]:
    return [name for name in public(module) if getattr(getattr(module, name), "__module__", None) == module.__name__]


if __name__ == "__main__":
    main()
