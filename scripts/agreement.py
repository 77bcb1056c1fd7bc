"""Compares intersection over union and chamfer distance with trimesh, manifold3d and scipy, on pairs of real parts.

Runs in an environment of its own (`make agreement`). For every task, each seed that builds and the scripts of
`cadforge attack --interpolate` are compared with the reference: volumes by exact booleans, distances by nearest neighbours of dense
samples. Prints Markdown tables.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import trimesh
from scipy.spatial import cKDTree
from scipy.stats import spearmanr

# As in cadforge-v1: sparse samples are farther apart than the surfaces, so their number is part of the definition.
SAMPLES = (1500, 3000)
DENSE = (20000, 20000)
MODES = ("weak", "missing_features", "disconnected", "bad_dimensions")
# Compares every so many steps of the interpolation; the last is the reference itself.
STRIDE = 2


def evaluate(program, script, task, folder, profile):
    command = [program, "eval", str(script), "--task", task, "--profile", profile, "--editability", "0", "--json", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def load(folder):
    return trimesh.load(next(pathlib.Path(folder).glob("*.stl")), process=True)


def volume_iou(one, other):
    """Exact, by booleans of the solids."""
    common = trimesh.boolean.intersection([one, other], engine="manifold")
    shared = common.volume if len(common.faces) else 0.0
    union = trimesh.boolean.union([one, other], engine="manifold").volume
    return shared / union


def normalised(mesh):
    mesh = mesh.copy()
    low, high = mesh.bounds
    mesh.apply_translation([-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]])
    mesh.apply_scale(1000.0 / max(high[2] - low[2], 1e-9))
    return mesh


def chamfer(one, other, samples):
    """Mean of both mean nearest distances, in thousandths of the height, as in cadforge-v1, but with other samples."""
    # Different seeds: otherwise similar meshes would get similar samples, which are nearer to each other than the surfaces.
    points = [
        trimesh.sample.sample_surface(normalised(mesh), count, seed=seed)[0]
        for seed, (mesh, count) in enumerate(zip((one, other), samples), start=7)
    ]
    there, _ = cKDTree(points[1]).query(points[0])
    back, _ = cKDTree(points[0]).query(points[1])
    return (there.mean() + back.mean()) / 2


def placed(mesh, target, pose):
    """In the reward's pose: scaled, with the centres of both boxes aligned."""
    if pose["moved"]:
        mesh = mesh.copy()
        mesh.apply_translation(-mesh.bounds.mean(axis=0))
        mesh.apply_scale(pose["scale"])
        mesh.apply_translation(target.bounds.mean(axis=0))
    return mesh


def interpolation(program, task):
    """Scripts whose dimensions become right together."""
    command = [program, "attack", "--interpolate", "--task", task, "--profile", "grounded-v2", "--mode", "fast", "--editability", "0", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    # Exit code 1: the totals do not rise, which does not matter here.
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    stages = json.loads(done.stdout)[0]["together"]["stages"]
    return [stage["code"] for stage in stages[1:-1] if stage["sound"]][::STRIDE]


def compare(program, task, name, script, target, where):
    """Both values; None if the script does not build."""
    grounded = evaluate(program, script, task, where / name, "grounded-v2")
    published = evaluate(program, script, task, where / name, "cadforge-v1")
    if not grounded["ok"]:
        return None
    mesh = load(where / name)
    details = grounded["details"]["grounded"]
    ours = published["details"]["reference_similarity"]["ideal"]["chamfer_distance"]
    row = {"task": task, "name": name}
    row["chamfer"] = (ours, chamfer(mesh, target, SAMPLES))
    row["chamfer, 20000 samples"] = (ours, chamfer(mesh, target, DENSE))
    # The rotation of a turned part is not known.
    if not details["pose"]["turned"] and mesh.is_volume and target.is_volume:
        row["iou"] = (details["likeness"]["iou"], volume_iou(placed(mesh, target, details["pose"]), target))
    print(task, name, row.get("iou"), row["chamfer"], file=sys.stderr)
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--tasks", default="tasks")
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    program = arguments.program
    seeds, steps = [], []
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        for folder in sorted(pathlib.Path(arguments.tasks).iterdir()):
            if not folder.is_dir() or (arguments.only and folder.name not in arguments.only):
                continue
            where = pathlib.Path(scratch) / folder.name
            reference = evaluate(program, folder / "reference.py", folder.name, where / "reference", "grounded-v2")
            if not reference["ok"]:
                continue
            target = load(where / "reference")
            # Cached by the mesh, and shared by threads.
            target.bounds, target.is_volume
            scripts = {mode: folder / "seeds" / f"{mode}.py" for mode in MODES}
            scripts = {mode: script for mode, script in scripts.items() if script.exists()}
            for index, code in enumerate(interpolation(program, folder.name)):
                script = where / f"step-{index}.py"
                script.write_text(code)
                scripts[f"step-{index}"] = script
            rows = pool.map(lambda pair: compare(program, folder.name, *pair, target, where), scripts.items())
            for row in filter(None, rows):
                (steps if row["name"].startswith("step-") else seeds).append(row)
    for title, rows in (("seeds", seeds), ("interpolation to the reference", steps)):
        report(title, rows)
    order(steps)
    assert seeds and steps and not math.isnan(seeds[0]["chamfer"][0])


def report(title, rows):
    print(f"| {title} | pairs | mean difference | largest | correlation | at |\n|---|---|---|---|---|---|")
    for name, relative in (("iou", False), ("chamfer", True), ("chamfer, 20000 samples", True)):
        pairs = [(row[name], row) for row in rows if name in row]
        if not pairs:
            continue
        differences = [abs(a - b) / (max(b, 1.0) if relative else 1.0) for (a, b), _ in pairs]
        worst = int(np.argmax(differences))
        row = pairs[worst][1]
        (ours, theirs) = pairs[worst][0]
        unit = " (relative)" if relative else ""
        a, b = zip(*(pair for pair, _ in pairs))
        print(
            f"| {name}{unit} | {len(pairs)} | {np.mean(differences):.4f} | {max(differences):.4f} | "
            f"{np.corrcoef(a, b)[0, 1]:.5f} | {row['task']} {row['name']}: {ours:.4f} and {theirs:.4f} |"
        )
    print()


def order(steps):
    """Rank correlation of both values along each task's interpolation."""
    print("| order along the interpolation | tasks | lowest Spearman | same order |\n|---|---|---|---|")
    for name in ("iou", "chamfer"):
        ranks = {}
        for task in sorted({row["task"] for row in steps}):
            pairs = [row[name] for row in steps if row["task"] == task and name in row]
            if len(pairs) >= 3:
                ranks[task] = spearmanr(*zip(*pairs)).statistic
        ranks = {task: rank for task, rank in ranks.items() if not math.isnan(rank)}
        if not ranks:
            continue
        lowest = min(ranks, key=ranks.get)
        same = sum(rank > 1.0 - 1e-9 for rank in ranks.values())
        print(f"| {name} | {len(ranks)} | {ranks[lowest]:.3f} ({lowest}) | {same} of {len(ranks)} |")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
