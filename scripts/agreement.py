"""Holds our intersection over union and chamfer distance against trimesh, manifold3d and scipy, on pairs of real parts.

Runs in an environment of its own (`make agreement`). For every task, each seed that builds is compared with the reference:
exact booleans give the volumes there, nearest neighbours of dense samples the distances. Prints a Markdown table.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import trimesh
from scipy.spatial import cKDTree

# As cadforge-v1 draws them: sparse samples are farther apart than surfaces, so that their number is part of the measure.
SAMPLES = (1500, 3000)
DENSE = (20000, 20000)
MODES = ("weak", "missing_features", "disconnected", "bad_dimensions")


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
    """Mean of both mean nearest distances, in thousandths of the height, as cadforge-v1 defines it; its samples are others."""
    points = [
        trimesh.sample.sample_surface(normalised(mesh), count, seed=7)[0] for mesh, count in zip((one, other), samples)
    ]
    there, _ = cKDTree(points[1]).query(points[0])
    back, _ = cKDTree(points[0]).query(points[1])
    return (there.mean() + back.mean()) / 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--tasks", default="tasks")
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in sorted(pathlib.Path(arguments.tasks).iterdir()):
            if not folder.is_dir() or (arguments.only and folder.name not in arguments.only):
                continue
            where = pathlib.Path(scratch) / folder.name
            reference = evaluate(arguments.program, folder / "reference.py", folder.name, where / "reference", "grounded-v2")
            if not reference["ok"]:
                continue
            target = load(where / "reference")
            for mode in MODES:
                script = folder / "seeds" / f"{mode}.py"
                if not script.exists():
                    continue
                grounded = evaluate(arguments.program, script, folder.name, where / mode, "grounded-v2")
                published = evaluate(arguments.program, script, folder.name, where / mode, "cadforge-v1")
                if not grounded["ok"]:
                    continue
                mesh = load(where / mode)
                details = grounded["details"]["grounded"]
                ours = published["details"]["reference_similarity"]["ideal"]["chamfer_distance"]
                row = {"task": folder.name, "mode": mode}
                row["chamfer"] = (ours, chamfer(mesh, target, SAMPLES))
                row["chamfer, 20000 samples"] = (ours, chamfer(mesh, target, DENSE))
                # A part that was moved or scaled into place is not where its STL says.
                if not details["pose"]["moved"] and mesh.is_volume and target.is_volume:
                    row["iou"] = (details["likeness"]["iou"], volume_iou(mesh, target))
                rows.append(row)
                print(row["task"], mode, row.get("iou"), row["chamfer"], file=sys.stderr)
    report(rows)


def report(rows):
    print("| | pairs | mean difference | largest | at |\n|---|---|---|---|---|")
    for name, relative in (("iou", False), ("chamfer", True), ("chamfer, 20000 samples", True)):
        pairs = [(row[name], row) for row in rows if name in row]
        if not pairs:
            continue
        differences = [abs(a - b) / (max(b, 1.0) if relative else 1.0) for (a, b), _ in pairs]
        worst = int(np.argmax(differences))
        row = pairs[worst][1]
        (ours, theirs) = pairs[worst][0]
        unit = " (relative)" if relative else ""
        print(
            f"| {name}{unit} | {len(pairs)} | {np.mean(differences):.4f} | {max(differences):.4f} | "
            f"{row['task']} {row['mode']}: {ours:.4f} and {theirs:.4f} |"
        )
        a, b = zip(*(pair for pair, _ in pairs))
        print(f"| correlation of {name} | {len(pairs)} | {np.corrcoef(a, b)[0, 1]:.5f} | | |")
    assert rows and not math.isnan(rows[0]["chamfer"][0])


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
