#!/usr/bin/env python3
"""Breaks good candidates, one fault at a time, to measure repairs.

    scripts/corpus.py [--seed 0] [--per 2] [TASKS_DIR ...] > corpus.jsonl

Reads references, recorded repairs and seeds of the task packs. Each line holds `id, source, family, fault, original, code,
held_out`; half of them, by a hash of the broken code, are held out and not used for writing rules. Does not run CadQuery: the
benchmark checks whether a line really fails. Equal arguments give equal lines.
"""

import argparse
import ast
import functools
import hashlib
import json
import random
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tasks", nargs="*", type=Path, default=[ROOT / "tasks"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--per", type=int, default=2, help="broken candidates of each fault from each good one")
    options = parser.parse_args()
    seen = set()
    for source, original in good(options.tasks):
        for fault, (family, make) in FAULTS.items():
            for number in range(options.per):
                # A separate seed for each, so that a new fault does not change the others.
                rng = random.Random(f"{options.seed} {source} {fault} {number}")
                broken = make(original, rng)
                if broken is None or broken == original or broken in seen:
                    continue
                seen.add(broken)
                digest = hashlib.sha256(broken.encode()).hexdigest()
                line = {
                    "id": f"{fault}-{digest[:10]}",
                    "source": source,
                    "family": family,
                    "fault": fault,
                    "original": original,
                    "code": broken,
                    "held_out": int(digest[0], 16) % 2 == 1,
                }
                print(json.dumps(line))


def good(folders):
    """Sources with their code, without duplicates; broken recorded steps are dropped when the original is built."""
    found = {}
    for folder in folders:
        for path in sorted(folder.glob("*/**/*.py")):
            if path.parent.name == "seeds" and path.stem != "weak":
                continue
            code = path.read_text()
            if code not in found.values():
                found[str(path.relative_to(folder))] = code
    return found.items()


# --- places ---------------------------------------------------------------------------------------------------


@functools.cache
def statements(code):
    """(start, end, node): offsets of every node; the same nodes each time, so that they can be identified."""
    offsets = [0]
    for line in code.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    tree = ast.parse(code)
    return [
        (offsets[node.lineno - 1] + node.col_offset, offsets[node.end_lineno - 1] + node.end_col_offset, node)
        for node in ast.walk(tree)
        if hasattr(node, "lineno")
    ]


def nodes(code, *kinds):
    return [(start, end, node) for start, end, node in statements(code) if isinstance(node, kinds)]


def splice(code, start, end, text):
    return code[:start] + text + code[end:]


def outside_strings(code, character):
    """Offsets of a character that is neither in a string nor in a comment."""
    masked = re.sub(r'"""[\s\S]*?"""|"[^"\n]*"|\'[^\'\n]*\'|#[^\n]*', lambda match: " " * len(match.group()), code)
    return [match.start() for match in re.finditer(re.escape(character), masked)]


def pick(rng, choices):
    choices = list(choices)
    return rng.choice(choices) if choices else None


def method_calls(code, *names):
    return [
        (start, end, node)
        for start, end, node in nodes(code, ast.Call)
        if isinstance(node.func, ast.Attribute) and (not names or node.func.attr in names)
    ]


def name_of_method(code, call):
    """Offsets of the method's name in the code."""
    _, _, node = call
    for start, end, inner in statements(code):
        if inner is node.func:
            return end - len(node.func.attr), end
    return None


def constants(code):
    return [
        (start, end, node)
        for start, end, node in nodes(code, ast.Assign)
        if node.col_offset == 0
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, (int, float))
    ]


def span(code, node):
    for start, end, inner in statements(code):
        if inner is node:
            return start, end
    raise ValueError("a node of another tree")


# --- faults ---------------------------------------------------------------------------------------------------

FAULTS = {}


def fault(family):
    def register(function):
        FAULTS[function.__name__] = (family, function)
        return function

    return register


@fault("syntax_closure")
def drop_closer(code, rng):
    at = pick(rng, outside_strings(code, ")") + outside_strings(code, "]"))
    return None if at is None else splice(code, at, at + 1, "")


@fault("syntax_closure")
def drop_last_closer_of_line(code, rng):
    ends = [match.start() for match in re.finditer(r"\)(?=\s*\n)", code)]
    at = pick(rng, [end for end in ends if end in outside_strings(code, ")")])
    return None if at is None else splice(code, at, at + 1, "")


@fault("syntax_closure")
def extra_closer(code, rng):
    at = pick(rng, outside_strings(code, ")"))
    return None if at is None else splice(code, at, at, ")")


@fault("syntax_closure")
def drop_opener(code, rng):
    at = pick(rng, outside_strings(code, "("))
    return None if at is None else splice(code, at, at + 1, "")


@fault("syntax_closure")
def wrong_closer(code, rng):
    at = pick(rng, outside_strings(code, ")"))
    return None if at is None else splice(code, at, at + 1, "]")


@fault("syntax_closure")
def drop_quote(code, rng):
    quotes = [match.span() for match in re.finditer(r'"[A-Za-z<>|]{1,6}"', code)]
    found = pick(rng, quotes)
    if found is None:
        return None
    at = rng.choice([found[0], found[1] - 1])
    return splice(code, at, at + 1, "")


@fault("syntax_closure")
def drop_colon(code, rng):
    at = pick(rng, [match.end() - 2 for match in re.finditer(r"^\s*(def|for|if) .*:\n", code, re.M)])
    return None if at is None else splice(code, at, at + 1, "")


@fault("syntax_closure")
def drop_comma(code, rng):
    at = pick(rng, outside_strings(code, ","))
    return None if at is None else splice(code, at, at + 1, "")


@fault("syntax_closure")
def indent_one(code, rng):
    at = pick(rng, [match.start() for match in re.finditer(r"^[A-Za-z_]\w* = ", code, re.M)])
    return None if at is None else splice(code, at, at, "  ")


@fault("syntax_closure")
def dedent_one(code, rng):
    found = pick(rng, [match.span(1) for match in re.finditer(r"^( {4})(?:return|[a-z_]+ =) ", code, re.M)])
    return None if found is None else splice(code, *found, rng.choice(["", "  "]))


@fault("syntax_closure")
def wrap_in_prose(code, rng):
    head = rng.choice(["Here is the repaired CadQuery code:\n\n", "Sure, I fixed the fork and the holes.\n"])
    tail = rng.choice(["", "\n\nThe plate now has four holes and the wheel turns freely.\n"])
    return f"{head}```python\n{code}```{tail}"


@fault("syntax_closure")
def prose_line(code, rng):
    at = pick(rng, [match.end() for match in re.finditer(r"\n\n", code)])
    return None if at is None else splice(code, at, at, "Now we add the next part of the assembly\n")


@fault("syntax_closure")
def typographic(code, rng):
    found = pick(rng, [match.span() for match in re.finditer(r'"[A-Za-z<>|]{1,6}"', code)])
    if found is None:
        return None
    return splice(code, *found, f"“{code[found[0] + 1 : found[1] - 1]}”")


@fault("syntax_closure")
def truncate(code, rng):
    start = int(len(code) * rng.uniform(0.75, 0.99))
    return code[:start].rstrip()


@fault("missing_fixture")
def rename_fixture(code, rng):
    return re.sub(r"^fixture\b", rng.choice(["final_part", "assembly", "caster", "Fixture", "fixure", "output"]), code, flags=re.M)


@fault("missing_fixture")
def drop_binding(code, rng):
    return re.sub(r"^fixture = ", "", code, flags=re.M)


@fault("missing_fixture")
def drop_last_statement(code, rng):
    return code[: code.rstrip().rfind("\nfixture")] + "\n" if "\nfixture" in code else None


@fault("missing_fixture")
def main_uncalled(code, rng):
    at = code.rfind("\nfixture = ")
    if at < 0:
        return None
    name = rng.choice(["main", "build_assembly", "create_part"])
    value = code[at + len("\nfixture = ") :].rstrip().replace("\n", "\n    ")
    return f"{code[:at]}\n\ndef {name}():\n    fixture = {value}\n    return fixture\n"


@fault("missing_fixture")
def fixture_uncalled(code, rng):
    found = re.search(r"^fixture = (\w+)\(\)$", code, re.M)
    return None if found is None else splice(code, found.end() - 2, found.end(), "")


@fault("empty_geometry")
def empty_intersection(code, rng):
    at = code.rstrip()
    return f"{at}.intersect(cq.Workplane(\"XY\").box(1, 1, 1).translate((5000, 0, 0)))\n" if re.search(r"\nfixture = .*$", at) else None


@fault("empty_geometry")
def cut_all(code, rng):
    at = code.rstrip()
    return f"{at}.cut(cq.Workplane(\"XY\").box(9000, 9000, 9000))\n" if re.search(r"\nfixture = .*$", at) else None


@fault("empty_geometry")
def forget_extrude(code, rng):
    found = re.search(r"^(fixture = .*)$", code, re.M)
    return None if found is None else code[: found.start()] + f"fixture = cq.Workplane(\"XY\").rect({rng.randint(10, 90)}, {rng.randint(10, 90)})\n"


INVENTED = {
    "union": ["fuse", "join", "merge", "add_part", "combine_with", "unionWith"],
    "cut": ["subtract", "difference", "remove_material", "cutOut", "minus"],
    "intersect": ["intersection", "common", "intersect_with"],
    "extrude": ["linear_extrude", "extrudeLinear", "pad", "extruded"],
    "circle": ["circ", "drawCircle", "circle2D"],
    "rect": ["rectangle", "rect2D", "addRect"],
    "box": ["cuboid", "block", "make_box", "Box"],
    "cylinder": ["cyl", "make_cylinder", "Cylinder"],
    "translate": ["moveBy", "shift", "offset_by", "translated", "move_to"],
    "rotate": ["rotated", "rotate_about_axis", "turn"],
    "polarArray": ["circularPattern", "polar_array", "polarPattern"],
    "pushPoints": ["push_points", "points", "addPoints"],
    "polyline": ["poly_line", "polylines", "drawPolyline"],
    "fillet": ["round_edges", "filletEdges", "filet"],
    "chamfer": ["bevel", "chamfered", "chamferEdges"],
    "faces": ["face", "selectFaces", "get_faces"],
    "edges": ["edge", "selectEdges", "allEdges"],
    "workplane": ["newWorkplane", "work_plane", "onWorkplane"],
    "hole": ["drill", "throughHole", "makeHole"],
    "close": ["closeWire", "close_path", "closed"],
    "center": ["centre", "setCenter", "centerAt"],
    "revolve": ["rotate_extrude", "revolved", "lathe"],
}


@fault("invented_api")
def invented_method(code, rng):
    call = pick(rng, method_calls(code, *INVENTED))
    if call is None:
        return None
    real = call[2].func.attr
    invented = rng.choice(INVENTED[real])
    if rng.random() < 0.5:
        return re.sub(rf"\.{real}\(", f".{invented}(", code)
    return splice(code, *name_of_method(code, call), invented)


@fault("invented_api")
def typo_in_method(code, rng):
    calls = [call for call in method_calls(code) if len(call[2].func.attr) > 3 and call[2].func.attr not in ("Workplane",)]
    call = pick(rng, calls)
    return None if call is None else splice(code, *name_of_method(code, call), typo(call[2].func.attr, rng))


@fault("invented_api")
def annulus(code, rng):
    found = pick(rng, list(re.finditer(r"\.circle\(([^()]+)\)\s*\.circle\(([^()]+)\)", code)))
    name = rng.choice(["annulus", "ring", "washer"])
    return None if found is None else splice(code, *found.span(), f".{name}({found[1]}, {found[2]})")


@fault("invented_api")
def on_the_module(code, rng):
    found = pick(rng, list(re.finditer(r'cq\.Workplane\("XY"\)\s*\.(box|cylinder|circle|rect|sphere)\(', code)))
    if found is None:
        return None
    return splice(code, *found.span(), f"cq.{rng.choice([found[1], found[1].capitalize()])}(")


@fault("invented_api")
def invented_keyword(code, rng):
    calls = [call for call in method_calls(code, "extrude", "circle", "rect", "box", "cylinder", "hole", "polarArray", "fillet") if call[2].args]
    call = pick(rng, calls)
    if call is None:
        return None
    node = call[2]
    names = {
        "extrude": ["distance", "height", "length"],
        "circle": ["r", "rad", "radius_mm"],
        "rect": ["width", "x"],
        "box": ["x", "l", "size_x"],
        "cylinder": ["h", "length"],
        "hole": ["d", "dia"],
        "polarArray": ["r"],
        "fillet": ["r", "size"],
    }[node.func.attr]
    start, _ = span(code, node.args[0])
    # All positional arguments become keywords, the first an invented one, since positional arguments may not follow keywords.
    if len(node.args) > 1:
        return None
    return splice(code, start, start, f"{rng.choice(names)}=")


@fault("invented_api")
def box_keywords(code, rng):
    calls = [call for call in method_calls(code, "box", "rect", "cylinder") if len(call[2].args) in (2, 3)]
    call = pick(rng, calls)
    if call is None:
        return None
    node = call[2]
    names = {"box": ["width", "height", "depth"], "rect": ["width", "height"], "cylinder": ["height", "diameter"]}[node.func.attr]
    places = [(*span(code, argument), name) for argument, name in zip(node.args, names)]
    for start, end, name in reversed(places):
        value = code[start:end]
        if name == "diameter":
            value = f"2 * ({value})"
        code = splice(code, start, end, f"{name}={value}")
    return code


@fault("invented_api")
def leaves_the_chain(code, rng):
    calls = [call for call in method_calls(code, "union", "cut", "translate", "faces")]
    call = pick(rng, calls)
    if call is None:
        return None
    start, _ = name_of_method(code, call)
    dot = code.rfind(".", 0, start)
    return splice(code, dot, dot, ".val()")


@fault("invented_api")
def not_called(code, rng):
    calls = re.finditer(r"\b(make_\w+|build_\w+)\(\)(?=\.(union|cut))", code)
    found = pick(rng, list(calls))
    return None if found is None else splice(code, found.end() - 2, found.end(), "")


@fault("undefined_name")
def typo_in_name(code, rng):
    uses = [
        (start, end)
        for start, end, node in nodes(code, ast.Name)
        if isinstance(node.ctx, ast.Load) and len(node.id) > 4
    ]
    found = pick(rng, uses)
    return None if found is None else splice(code, *found, typo(code[found[0] : found[1]], rng))


@fault("undefined_name")
def other_word(code, rng):
    uses = [
        (start, end)
        for start, end, node in nodes(code, ast.Name)
        if isinstance(node.ctx, ast.Load) and node.id.count("_") >= 1
    ]
    found = pick(rng, uses)
    if found is None:
        return None
    words = code[found[0] : found[1]].split("_")
    short = {"diameter": "dia", "length": "len", "thickness": "thick", "height": "h", "width": "w", "radius": "rad", "count": "n"}
    changed = "_".join(short.get(word, word) for word in words)
    if changed == "_".join(words):
        changed = "_".join(reversed(words))
    return splice(code, *found, changed)


@fault("undefined_name")
def lost_constant(code, rng):
    found = pick(rng, constants(code))
    return None if found is None else splice(code, found[0], min(found[1] + 1, len(code)), "")


@fault("undefined_name")
def no_import(code, rng):
    return re.sub(r"^import cadquery as cq\n", "", code, flags=re.M)


@fault("undefined_name")
def no_prefix(code, rng):
    found = pick(rng, list(re.finditer(r"\bcq\.(?=Workplane|Vector|Solid|Sketch)", code)))
    return None if found is None else splice(code, *found.span(), "")


@fault("undefined_name")
def used_before(code, rng):
    lines = code.rstrip().split("\n")
    last = next((number for number in range(len(lines) - 1, 0, -1) if lines[number].startswith("fixture = ")), None)
    above = next((number for number in range((last or 0) - 1, 0, -1) if re.match(r"[a-z_]+ = ", lines[number])), None)
    if last is None or above is None or lines[last].count("(") != lines[last].count(")"):
        return None
    moved = lines.pop(last)
    lines.insert(above, moved)
    return "\n".join(lines) + "\n"


@fault("undefined_name")
def bare_math(code, rng):
    found = pick(rng, list(re.finditer(r"\bmath\.(?=\w)", code)))
    return None if found is None else splice(code, *found.span(), "")


@fault("undefined_name")
def renamed_parameter(code, rng):
    functions = [entry for entry in nodes(code, ast.FunctionDef) if entry[2].args.args]
    found = pick(rng, functions)
    if found is None:
        return None
    argument = rng.choice(found[2].args.args)
    start, end = span_of_argument(code, found, argument.arg)
    return None if start is None else splice(code, start, end, typo(argument.arg, rng) if len(argument.arg) > 3 else argument.arg + "_value")


def span_of_argument(code, function, name):
    found = re.compile(rf"\b{name}\b").search(code, code.index("(", function[0]))
    return found.span() if found else (None, None)


@fault("import_error")
def extra_import(code, rng):
    line = rng.choice(["import cadquery_extras", "from cq_warehouse.fastener import HexNut", "import trimesh", "from cadquery import Part", "import cqmore"])
    return splice(code, code.index("import cadquery"), code.index("import cadquery"), line + "\n") if "import cadquery" in code else None


@fault("import_error")
def misspelt_import(code, rng):
    wrong = rng.choice(["import cadquerry as cq", "import CadQuery as cq", "import cadquery2 as cq", "from cadquery import cadquery as cq", "import cad_query as cq"])
    return code.replace("import cadquery as cq", wrong)


@fault("type_or_value")
def number_in_quotes(code, rng):
    found = pick(rng, constants(code))
    if found is None:
        return None
    start, end = code.index("=", found[0]) + 2, found[1]
    return splice(code, start, end, f'"{code[start:end]}{rng.choice(["", " mm"])}"')


@fault("type_or_value")
def none_constant(code, rng):
    found = pick(rng, constants(code))
    return None if found is None else splice(code, code.index("=", found[0]) + 2, found[1], "None")


@fault("type_or_value")
def tuple_constant(code, rng):
    found = pick(rng, constants(code))
    return None if found is None else splice(code, found[1], found[1], ",")


@fault("type_or_value")
def negative_constant(code, rng):
    found = pick(rng, constants(code))
    if found is None:
        return None
    at = code.index("=", found[0]) + 2
    return splice(code, at, at, "-")


@fault("type_or_value")
def zero_constant(code, rng):
    found = pick(rng, constants(code))
    return None if found is None else splice(code, code.index("=", found[0]) + 2, found[1], "0.0")


@fault("type_or_value")
def bare_vector(code, rng):
    calls = [call for call in method_calls(code, "translate") if call[2].args and isinstance(call[2].args[0], ast.Tuple)]
    call = pick(rng, calls)
    if call is None:
        return None
    start, end = span(code, call[2].args[0])
    return splice(code, start, end, code[start + 1 : end - 1])


@fault("type_or_value")
def lost_argument(code, rng):
    calls = [call for call in method_calls(code, "box", "rect", "cylinder", "polarArray", "rotate", "polygon") if len(call[2].args) > 1]
    call = pick(rng, calls)
    if call is None:
        return None
    index = rng.randrange(1, len(call[2].args))
    (_, before), (_, end) = span(code, call[2].args[index - 1]), span(code, call[2].args[index])
    return splice(code, before, end, "")


@fault("type_or_value")
def one_too_many(code, rng):
    calls = [call for call in method_calls(code, "circle", "rect", "translate", "union", "hole", "extrude") if call[2].args and not call[2].keywords]
    call = pick(rng, calls)
    if call is None:
        return None
    _, end = span(code, call[2].args[-1])
    return splice(code, end, end, ", 5.0, True, 2.0, 1.0, 3.0")


@fault("type_or_value")
def lost_return(code, rng):
    found = pick(rng, list(re.finditer(r"^( +)return ", code, re.M)))
    return None if found is None else splice(code, *found.span(), f"{found[1]}part = ")


@fault("type_or_value")
def operand_not_called(code, rng):
    found = pick(rng, list(re.finditer(r"\.(?:union|cut)\((\w+)\(\)\)", code)))
    return None if found is None else splice(code, found.end() - 3, found.end() - 1, "")


@fault("type_or_value")
def fillet_too_large(code, rng):
    found = pick(rng, list(re.finditer(r"\.(?:fillet|chamfer)\(([^()]+)\)", code)))
    return None if found is None else splice(code, *found.span(1), f"{rng.choice([12, 20, 40])} * ({found[1]})")


@fault("type_or_value")
def new_fillet(code, rng):
    at = code.rstrip()
    if not re.search(r"\nfixture = .*$", at):
        return None
    return f"{at}.edges(\"{rng.choice(['|Z', '>Z', '|X'])}\").{rng.choice(['fillet', 'chamfer'])}({rng.choice([25.0, 60.0])})\n"


@fault("type_or_value")
def bad_plane(code, rng):
    found = pick(rng, list(re.finditer(r'Workplane\("([A-Z]+)"', code)))
    if found is None:
        return None
    return splice(code, *found.span(1), rng.choice([found[1].lower(), found[1] + found[1][-1], found[1] + "_plane"]))


@fault("type_or_value")
def bad_selector(code, rng):
    found = pick(rng, list(re.finditer(r'\.(?:faces|edges)\("([<>|][XYZ])"\)', code)))
    if found is None:
        return None
    return splice(code, *found.span(1), rng.choice([found[1].lower(), found[1][::-1], found[1][0] + " " + found[1][1] + "+", found[1][0] * 2 + found[1][1]]))


@fault("type_or_value")
def empty_selection(code, rng):
    found = pick(rng, list(re.finditer(r'\.edges\("([<>|][XYZ])"\)', code)))
    return None if found is None else splice(code, *found.span(1), "%ELLIPSE")


@fault("type_or_value")
def not_closed(code, rng):
    found = pick(rng, list(re.finditer(r"\.close\(\)", code)))
    return None if found is None else splice(code, *found.span(), "")


@fault("low_editability")
def flatten(code, rng):
    try:
        return flattened(code)
    except Unfit:
        return None


@fault("two_faults")
def two_faults(code, rng):
    """Two other faults: the failure that is visible after the first repair must be repaired too."""
    single = [(family, make) for family, make in FAULTS.values() if family not in ("two_faults", "low_editability", "empty_geometry")]
    for _ in range(20):
        broken = code
        # Code that does not parse cannot be broken further, so a syntax fault comes last.
        for _, make in sorted(rng.sample(single, 2), key=lambda entry: entry[0] == "syntax_closure"):
            try:
                changed = make(broken, rng)
            except SyntaxError:
                changed = None
            if changed is None or changed == broken:
                broken = None
                break
            broken = changed
        if broken is not None:
            return broken
    return None


# --- helpers of faults ----------------------------------------------------------------------------------------


def typo(word, rng):
    """A typo: a letter lost, doubled or swapped with its neighbour."""
    at = rng.randrange(1, len(word) - 1)
    how = rng.randrange(3)
    if how == 0:
        return word[:at] + word[at + 1 :]
    if how == 1:
        return word[: at + 1] + word[at] + word[at + 1 :]
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return swapped if swapped != word else word[:at] + word[at + 1 :]


class Unfit(Exception):
    """This code cannot be flattened."""


def flattened(code):
    """Inlines all functions without parameters, and replaces constants by numbers."""
    tree = ast.parse(code)
    numbers = {node.targets[0].id: node.value for _, _, node in constants(code)}
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if any(function.args.args for function in functions.values()) or not functions:
        raise Unfit

    class Inline(ast.NodeTransformer):
        def visit_Name(self, node):
            return numbers.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

        def visit_Call(self, node):
            self.generic_visit(node)
            if isinstance(node.func, ast.Name) and node.func.id in functions:
                return ast.Name(f"{node.func.id}_part", ast.Load())
            return node

    body = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in numbers:
            continue
        if isinstance(node, ast.FunctionDef):
            *inner, last = [part for part in node.body if not isinstance(part, ast.Expr)]
            if not isinstance(last, ast.Return) or any(not isinstance(part, ast.Assign) for part in inner):
                raise Unfit
            body += inner
            body.append(ast.Assign([ast.Name(f"{node.name}_part", ast.Store())], last.value))
        else:
            body.append(node)
    tree.body = [Inline().visit(node) for node in body]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


if __name__ == "__main__":
    sys.exit(main())
