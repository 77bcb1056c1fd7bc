"""Compares cadforge-v1 with the same arithmetic in Python (`scripts/parity_scorer.py`), by part and component.

Runs in an environment of its own (`make parity`). Parts are the tasks' references, seeds and recorded repairs, scripts of
`tests/cases`, the examples that the installed CadQuery may bring, and small shapes. Each is scored in both modes, without a
reference, against its task's and against mesh files. Prints a Markdown table; exits with 1 if any difference is over 1e-3.

`--triangles` instead writes the pixels that Pillow draws for thousands of triangles, as input of a unit test.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import parity_shapes
import trimesh
from parity_scorer import Candidate, Reference, load
from PIL import Image, ImageDraw

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "src/geometry/silhouette/pillow.tsv"
TOLERANCE = 1e-3
COMPONENTS = (
    "build topology contact semantic_parts reference_similarity silhouette editability efficiency total".split()
)
SEEDS = ("weak", "missing_features", "disconnected", "bad_dimensions")


class Part:
    def __init__(self, name, task, code):
        self.name, self.task, self.code = name, task, code
        self.stl = None


def corpus(tasks, python):
    """Parts with their tasks, the most informative first of every kind."""
    kinds = {"references": [], "seeds": [], "repairs": [], "cases": [], "examples": [], "shapes": []}
    for index, task in enumerate(tasks):
        folder = ROOT / "tasks" / task
        kinds["references"].append(Part(f"{task}/reference", task, (folder / "reference.py").read_text()))
        for seed in {"weak", SEEDS[1 + index % 3]}:
            path = folder / "seeds" / f"{seed}.py"
            if path.exists():
                kinds["seeds"].append(Part(f"{task}/{seed}", task, path.read_text()))
        for path in sorted(folder.glob("repairs/*/*.py")):
            kinds["repairs"].append(Part(f"{task}/{path.parent.name}/{path.stem}", task, path.read_text()))
    for path in sorted((ROOT / "tests/cases/attacks").glob("*/attack.py")):
        case = tomllib.loads((path.parent / "attack.toml").read_text())
        if case["task"] in tasks:
            # A defect is appended to the reference.
            base = (ROOT / "tasks" / case["task"] / "reference.py").read_text() if case["kind"] == "defect" else ""
            kinds["cases"].append(Part(f"case {path.parent.name}", case["task"], base + "\n" + path.read_text()))
    # Some distributions include CadQuery's examples.
    where = subprocess.run([python, "-c", "import cadquery; print(cadquery.__path__[0])"], capture_output=True, text=True)
    package = pathlib.Path(where.stdout.strip() or "/nonexistent")
    for path in sorted({*package.glob("**/examples/*.py"), *package.parent.glob("share/**/cadquery/examples/*.py")}):
        kinds["examples"].append(Part(f"example {path.stem}", tasks[len(kinds["examples"]) % len(tasks)], path.read_text()))
    for index, shape in enumerate(parity_shapes.SHAPES):
        kinds["shapes"].append(Part(f"shape {shape}", tasks[(5 * index) % len(tasks)], parity_shapes.script(shape)))
    return kinds


def spread(kinds, count):
    """`count` parts, some of each kind."""
    everything = [part for kind in kinds.values() for part in kind]
    if count is None or count >= len(everything):
        return everything
    return [everything[index * len(everything) // count] for index in range(count)]


class Program:
    def __init__(self, path, scratch):
        self.path, self.scratch = path, scratch
        self.pack = scratch / "pack"

    def run(self, arguments, allowed=(0,)):
        command = [self.path, *map(str, arguments), "--tasks", str(ROOT / "tasks"), "--tasks", str(self.pack)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode not in allowed:
            sys.exit(f"{self.path} {arguments[0]} failed: {done.stderr}")
        return done.stdout

    def build(self, part):
        """Its STL, if it builds."""
        folder = self.scratch / "built" / part.name.replace("/", "-").replace(" ", "-")
        folder.mkdir(parents=True)
        (folder / "part.py").write_text(part.code)
        out = self.run(
            ["eval", folder / "part.py", "--task", part.task, "--mode", "fast", "--reference", "none", "--json", "--out", folder],
            allowed=(0, 1),
        )
        if json.loads(out)["ok"]:
            part.stl = (folder / "candidate.stl").read_bytes()
        return part

    def score(self, rows, mode, reference):
        """Rewards of (task, code) pairs."""
        rows_file, scored = self.scratch / "rows.jsonl", self.scratch / "scored.jsonl"
        scored.unlink(missing_ok=True)
        rows_file.write_text("".join(json.dumps({"task_id": task, "code": code}) + "\n" for task, code in rows))
        self.run(["score", rows_file, "-o", scored, "--profile", "cadforge-v1", "--mode", mode, "--reference", reference], allowed=(0, 1))
        return [json.loads(line)["reward"] for line in scored.read_text().splitlines()]


def obj_of_quads(extents):
    """A box with a tip, as an OBJ file with quadrilaterals and triangles."""
    x, y, z = extents
    corners = [(a * x, b * y, c * z) for c in (0, 1) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]
    faces = ["1 4 3 2", "1 2 6 5", "5 6 9", "2 3 7 6", "6 7 9", "3 4 8 7", "7 8 9", "4 1 5 8", "8 5 9"]
    lines = [f"v {a} {b} {c}" for a, b, c in [*corners, (x / 3, y / 2, 1.3 * z)]]
    return "\n".join(lines + [f"f {face}" for face in faces]).encode()


def mesh_tasks(pack, ideals):
    """Tasks with a mesh file: every format, every longest axis, with and without an ideal and a box."""
    cylinder = trimesh.creation.cylinder(radius=9, height=40, sections=37)
    bent = trimesh.util.concatenate([cylinder, trimesh.creation.box((50, 8, 8)).apply_translation((12, 3, 9))])
    scene = trimesh.Scene()
    scene.add_geometry(cylinder, node_name="one", transform=trimesh.transformations.rotation_matrix(0.3, (1, 0, 0)))
    scene.add_geometry(trimesh.creation.icosphere(2, 12), node_name="two", transform=trimesh.transformations.translation_matrix((5, 40, 2)))
    files = {
        "stl_x": ("stl", bent.export(file_type="stl"), None),
        "stl_and_ideal": ("stl", bent.export(file_type="stl"), ideals[0]),
        "obj_z": ("obj", cylinder.export(file_type="obj").encode(), ideals[1]),
        "obj_y_of_quads": ("obj", obj_of_quads((12, 60, 20)), None),
        "glb_y_of_two_nodes": ("glb", scene.export(file_type="glb"), None),
    }
    tasks = {}
    for index, (name, (kind, data, ideal)) in enumerate(files.items()):
        task = f"parity_{name}"
        folder = pack / task
        (folder / "seeds").mkdir(parents=True)
        (folder / f"reference.{kind}").write_bytes(data)
        (folder / "seeds/weak.py").write_text("import cadquery as cq\n\nfixture = cq.Workplane().box(10, 10, 10)\n")
        if ideal:
            (folder / "reference.py").write_text(ideal.code)
        hints, bbox = ([], None) if index % 2 else (["rod", "cross_bar"], [20.0, 30.0, 50.0])
        (folder / "task.toml").write_text(
            f'id = "{task}"\nlevel = "easy"\nfamily = "parity"\nlabel = "Parity"\nprompt = "A part to compare."\n'
            f"semantic_hints = {json.dumps(hints or ['rod'])}\n"
            + (f"bbox_mm = {bbox}\n" if bbox else "")
            + f'reference_mesh = "reference.{kind}"\n'
        )
        mesh = Reference(load(data, kind), True)
        tasks[task] = (hints or ["rod"], bbox, Reference(load(ideal.stl, "stl"), False) if ideal else None, mesh)
    return tasks


class Table:
    def __init__(self):
        self.differences = {component: [] for component in COMPONENTS}
        self.scores = 0

    def add(self, where, ours, theirs):
        self.scores += 1
        for component in COMPONENTS:
            self.differences[component].append((abs(ours[component] - theirs[component]), where, ours[component], theirs[component]))

    def show(self, parts):
        print(f"{parts} parts, {self.scores} scores\n")
        print("| component | largest difference | mean | over 0.001 | worst at |\n|---|---|---|---|---|")
        for component, found in self.differences.items():
            worst = max(found)
            over = sum(difference > TOLERANCE for difference, *_ in found)
            at = f"{worst[1]}: {worst[2]:.5f} and {worst[3]:.5f}" if worst[0] > 1e-6 else ""
            print(f"| {component} | {worst[0]:.6f} | {np.mean([d for d, *_ in found]):.6f} | {over} | {at} |")
        offenders = sorted({(where, component) for component, found in self.differences.items() for d, where, *_ in found if d > TOLERANCE})
        for where, component in offenders:
            print(f"over 0.001: {component} of {where}")
        return bool(offenders)


def compare(program, arguments, scratch):
    tasks = sorted(path.parent.name for path in (ROOT / "tasks").glob("*/reference.py"))
    facts = {task: tomllib.loads((ROOT / "tasks" / task / "task.toml").read_text()) for task in tasks}
    kinds = corpus(tasks, arguments.python)
    parts = spread(kinds, arguments.parts)
    ideals = {part.task: part for part in kinds["references"]}
    program.pack.mkdir()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        needed = {id(part): part for part in parts} | {id(ideals[part.task]): ideals[part.task] for part in parts}
        first_two = [ideals[task] for task in tasks[:2]]
        needed |= {id(part): part for part in first_two}
        list(pool.map(program.build, needed.values()))
    print("do not build, left out:", [part.name for part in parts if part.stl is None], file=sys.stderr)
    parts = [part for part in parts if part.stl is not None]
    references = {task: Reference(load(ideals[task].stl, "stl"), False) for task in {part.task for part in parts}}
    mesh_references = mesh_tasks(program.pack, first_two)

    candidates = [Candidate(load(part.stl, "stl"), part.code) for part in parts]
    table = Table()
    for mode in ("fast", "full"):
        for reference in ("none", "task"):
            rewards = program.score([(part.task, part.code) for part in parts], mode, reference)
            for part, candidate, ours in zip(parts, candidates, rewards, strict=True):
                fact = facts[part.task]
                ideal = references[part.task] if reference == "task" else None
                theirs = candidate.score(fact["semantic_hints"], fact.get("bbox_mm"), ideal, None, mode)
                table.add(f"{part.name} ({mode}, reference {reference})", ours, theirs)
        # Every part is compared with one of the mesh files.
        names = list(mesh_references)
        chosen = [names[index % len(names)] for index in range(len(parts))]
        rewards = program.score([(task, part.code) for task, part in zip(chosen, parts)], mode, "task")
        for task, part, candidate, ours in zip(chosen, parts, candidates, rewards, strict=True):
            table.add(f"{part.name} ({mode}, {task})", ours, candidate.score(*mesh_references[task], mode))
    return table.show(len(parts))


def triangles(count):
    """Pixels that Pillow draws for triangles: slivers, lines, points, horizontal and vertical edges, tips one row wide."""
    random.seed(16)
    size = 512
    lines = [f"# What Pillow draws for a triangle, by `scripts/parity.py --triangles`: corners, pixels, hash of the runs."]
    for index in range(count):
        span = (3, 8, 20, 60, 456)[index % 5]
        x, y = (28 + random.randrange(457 - span) for _ in range(2))
        corners = [[x + random.randrange(span + 1), y + random.randrange(span + 1)] for _ in range(3)]
        one, other = random.sample(range(3), 2)
        shape = random.randrange(12)
        if shape < 2:
            corners[one][shape] = corners[other][shape]
        elif shape == 2:
            corners[one] = list(corners[other])
        elif shape == 3:
            corners = [list(corners[0])] * 3
        elif shape == 4:
            # Collinear, as far as whole pixels allow.
            (ax, ay), (bx, by), _ = corners
            corners[2] = [ax + (bx - ax) // 2, ay + (by - ay) // 2]
        image = Image.new("L", (size, size), 0)
        # Pillow truncates fractions.
        ImageDraw.Draw(image).polygon([(x + random.random(), y + random.random()) for x, y in corners], fill=1)
        mask = np.asarray(image) > 0
        digest = 0xCBF29CE484222325
        for row in np.nonzero(mask.any(axis=1))[0]:
            run = np.nonzero(mask[row])[0]
            assert len(run) == run[-1] - run[0] + 1, "a triangle is one run per row"
            for number in (row, run[0], run[-1]):
                for byte in (int(number) & 0xFF, int(number) >> 8):
                    digest = ((digest ^ byte) * 0x100000001B3) & (2**64 - 1)
        lines.append("\t".join(map(str, [*sum(corners, []), int(mask.sum()), f"{digest:016x}"])))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?")
    parser.add_argument("--parts", type=int, help="compare only this many parts, some of each kind")
    parser.add_argument("--python", default=os.environ.get("CADFORGE_PYTHON", sys.executable))
    parser.add_argument("--triangles", type=int, metavar="N", help=f"write {GOLDEN.relative_to(ROOT)} with N triangles")
    arguments = parser.parse_args()
    if arguments.triangles:
        GOLDEN.write_text(triangles(arguments.triangles))
        return
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        sys.exit(compare(Program(arguments.program, scratch), arguments, scratch))


if __name__ == "__main__":
    main()
